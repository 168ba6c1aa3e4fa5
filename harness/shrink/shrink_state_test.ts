import { assert, assertEquals } from "@std/assert";
import type { Operation } from "../../lib/storage/mod.ts";
import { prepareContext } from "../reference/check_state.ts";
import { exploreLazily } from "../engine/lazy.ts";
import { Recorder } from "../log/recorder.ts";
import { SECTORS } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { shrinkState } from "./shrink_state.ts";

const SECTOR = 512;
const UNDER_WAY = 1;
const GOOD = 5;
const BAD = 9;

function* put(at: number, byte: number): Operation<void> {
  const bytes = new Uint8Array(SECTOR).fill(byte);
  yield { kind: "write", file: 0, offsetBytes: at * SECTOR, bytes, label: `sector ${at}` };
}

function* get(at: number): Operation<number> {
  const into = new Uint8Array(SECTOR);
  yield { kind: "read", file: 0, offsetBytes: at * SECTOR, into, label: `sector ${at}` };
  return into[0];
}

/** Sector 1 is good unless sector 0 says that it is being written; recovery does not flush it. */
const TARGET: Target<void> = {
  name: "careless recovery",
  dataLabels: new Set(),
  allocationUnitBytes: SECTOR,
  otherFiles: [],
  postRecoveryWrites: [],
  beforeEachState() {},
  *recover() {
    if ((yield* get(0)) !== UNDER_WAY) return;
    yield* put(2, GOOD); // of no use
    yield* put(1, GOOD);
    yield* put(0, 0);
  },
  *inspect() {
    return { problems: (yield* get(1)) === BAD ? ["bad"] : [], leakedBytes: 0 };
  },
  *read() {},
  *write() {},
  refusal: () => undefined,
};

Deno.test("what a recovery wrote before it was cut short is put back too, where it does not matter", () => {
  const base = new Uint8Array(3 * SECTOR);
  base.fill(GOOD, SECTOR, 2 * SECTOR);
  const recorder = new Recorder({ base });
  recorder.run(put(0, UNDER_WAY));
  recorder.run((function* (): Operation<void> {
    yield { kind: "flush", file: 0, scope: "data", label: "all" };
  })());
  recorder.run(put(1, BAD));
  const options = { guestBytes: 0, depth: 2 };
  const [found] = exploreLazily(recorder.log, TARGET, SECTORS, options).violations;
  const [crash] = found.nested!;
  const context = prepareContext(recorder.log, TARGET, SECTORS, options);
  // All of the recovery's writes but the one that matters reached the disk.
  const more = {
    ...found,
    nested: [{ ...crash, choices: [1, 0, 1].slice(0, crash.choices.length) }],
  };
  const shrunk = shrinkState(context, more);
  assertEquals(shrunk.nested?.length, 1);
  assertEquals(shrunk.nested?.[0].choices, [1, 0, 0]);
  assertEquals(shrunk.nested?.[0].persisted.map(({ label }) => label), ["sector 0"]);
  assertEquals(shrunk.persisted.map(({ label }) => label), ["sector 1"]);
  assert(shrunk.crashAfterEvent === found.crashAfterEvent);
});

Deno.test("a second crash that is not needed goes", () => {
  const recorder = new Recorder({ base: new Uint8Array(3 * SECTOR) });
  recorder.run(put(1, BAD));
  const options = { guestBytes: 0 };
  const context = prepareContext(recorder.log, TARGET, SECTORS, options);
  const [found] = exploreLazily(recorder.log, TARGET, SECTORS, options).violations;
  const nested = [{ afterEvent: -1, persisted: [], sizeBytes: 3 * SECTOR, choices: [] }];
  const shrunk = shrinkState(context, { ...found, nested });
  assertEquals(shrunk.nested, undefined);
  assertEquals(shrunk.choices, found.choices);
});

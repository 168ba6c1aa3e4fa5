import { exploreLazily } from "../engine/lazy.ts";
import { prepareContext } from "../reference/check_state.ts";
import { Recorder } from "../log/recorder.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import type { Operation } from "../../lib/storage/mod.ts";
import { explain, type Explanation } from "./explain.ts";
import { explanationText } from "./explanation_text.ts";
import { shrinkState } from "./shrink_state.ts";

const SECTOR = 512;
const GUEST = { guestBytes: SECTOR };

/** A sector: a byte of which says what it is. */
export function sector(byte: number): Uint8Array {
  return new Uint8Array(SECTOR).fill(byte);
}

/** One write of a sector, or a flush. */
export type Request = readonly [sector: number, byte: number] | "flush";

/**
 * Sector 0 says in its first byte which sector the guest's data is in; the last byte must be the same,
 * or nothing.
 */
const TARGET: Target<number> = {
  name: "pointer",
  dataLabels: new Set(["data"]),
  allocationUnitBytes: SECTOR,
  otherFiles: [],
  postRecoveryWrites: [],
  beforeEachState() {},
  *recover() {
    const pointer = new Uint8Array(SECTOR);
    yield { kind: "read", file: 0, offsetBytes: 0, into: pointer, label: "pointer" };
    const last = pointer[SECTOR - 1];
    if (pointer[0] > 9 || (last !== 0 && last !== pointer[0])) {
      throw new RangeError("the pointer is not valid");
    }
    return pointer[0];
  },
  // deno-lint-ignore require-yield
  *inspect() {
    return { problems: [], leakedBytes: 0 };
  },
  *read(at, _, into) {
    const moved = yield { kind: "read", file: 0, offsetBytes: at * SECTOR, into, label: "data" };
    into.fill(0, moved);
  },
  *write() {},
  refusal: (error) =>
    error instanceof RangeError ? { subject: error.message, detail: error.message } : undefined,
  describeWrite: ({ offsetBytes, bytes }) => `${bytes[0]} in sector ${offsetBytes / SECTOR}`,
};

/** What the guest is promised and how its writes are carried out. */
export interface Carried {
  /** The byte that the guest writes. */
  readonly byte: number;
  /** How that is done. */
  readonly requests: readonly Request[];
  /** Whether the guest flushes afterwards, and how that is done. */
  readonly flush?: readonly Request[];
}

/** Carry out guest writes to a pointer that points to sector 1, and explain the first violation. */
export function explainCarried(
  carried: readonly Carried[],
  preset: Preset,
  options: { readonly maxRecoveries?: number } = {},
): { readonly explanation: Explanation; readonly text: readonly string[] } {
  const base = new Uint8Array(4 * SECTOR);
  base[0] = 1;
  base.fill(7, SECTOR, 2 * SECTOR);
  const recorder = new Recorder({ base, guestBase: sector(7) });
  for (const { byte, requests, flush } of carried) {
    recorder.guestWrite(0, sector(byte), carryOut(requests));
    if (flush) recorder.guestFlush(carryOut(flush));
  }
  const { log } = recorder;
  const trial = prepareContext(log, TARGET, preset, GUEST);
  const [found] = exploreLazily(log, TARGET, preset, GUEST).violations;
  const violation = shrinkState(trial, found);
  const explanation = explain(trial, violation, { ...GUEST, ...options });
  const text = explanationText(explanation, { log, target: TARGET, violation });
  return { explanation, text };
}

function* carryOut(requests: readonly Request[]): Operation<void> {
  for (const request of requests) {
    if (request === "flush") yield { kind: "flush", file: 0, scope: "data", label: "all" };
    else {
      const [at, byte] = request;
      const bytes = sector(byte);
      yield { kind: "write", file: 0, offsetBytes: at * SECTOR, bytes, label: `sector ${at}` };
    }
  }
}

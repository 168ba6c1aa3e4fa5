import { assertEquals, assertNotEquals } from "@std/assert";
import { MemoryStorage, type SyncStorage } from "../../lib/storage/mod.ts";
import { BLOCKS, SECTORS } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { filled, LogBuilder } from "../testing/log_builder.ts";
import { traceHash } from "./trace_hash.ts";

/** As much of a target as a hash looks at. */
function targetWith(otherFiles: readonly SyncStorage[]): Target {
  return { name: "none", otherFiles, postRecoveryWrites: [] } as unknown as Target;
}

const CONTEXT = { preset: SECTORS, target: targetWith([]) };

function hashOf(change: (builder: LogBuilder) => void, base = filled(7), context = CONTEXT) {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  change(builder);
  return traceHash(builder.log(base, filled(3)), context);
}

Deno.test("equal logs have equal hashes", () => {
  assertEquals(hashOf(() => {}), hashOf(() => {}));
});

const CHANGES: Readonly<Record<string, () => string>> = {
  "another event": () => hashOf((builder) => builder.flush()),
  "another base": () => hashOf(() => {}, filled(8)),
  "a longer base of the same bytes": () => hashOf(() => {}, filled(7, 1024)),
  "another preset": () => hashOf(() => {}, filled(7), { ...CONTEXT, preset: BLOCKS }),
  "another file beside it": () => {
    const target = targetWith([new MemoryStorage(filled(5))]);
    return hashOf(() => {}, filled(7), { ...CONTEXT, target });
  },
};
for (const [what, hash] of Object.entries(CHANGES)) {
  Deno.test(`a log with ${what} has another hash`, () => {
    assertNotEquals(hash(), hashOf(() => {}));
  });
}

Deno.test("bytes count, not only their number", () => {
  const hash = (value: number) => {
    const builder = new LogBuilder();
    builder.write(0, filled(value));
    return traceHash(builder.log(filled(7)), CONTEXT);
  };
  assertNotEquals(hash(1), hash(2));
});

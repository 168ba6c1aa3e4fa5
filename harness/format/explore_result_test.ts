import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { CORRECT, keyValueStore } from "../../examples/key_value_store.ts";
import { explore } from "./explore.ts";
import { type ExploreResult, NotCleanError } from "./explore_result.ts";
import { replay } from "./replay.ts";
import { mapFormat, rawFormat, writeAt } from "./toy_formats_testing.ts";

const EAGER = keyValueStore({ ...CORRECT, flushesTable: false });

function errorOf(result: ExploreResult): NotCleanError {
  return assertThrows(() => result.assertClean(), NotCleanError);
}

Deno.test("a clean result passes, and says what it stands for", () => {
  const result = explore(rawFormat());
  result.assertClean();
  assert(result.isClean);
  const { states, workloads, text } = result.coverage;
  assertEquals([states.exact, workloads], ["3441", 87]);
  assertEquals(
    `${result}`,
    "raw: clean; 87 workloads (every sequence of up to 3 of 5 operations), faults sectors, 3441 " +
      "crash states",
  );
  assertStringIncludes(`${result}`, text);
});

Deno.test("a failure tells the whole story", () => {
  const error = errorOf(explore(EAGER));
  const token = error.token!;
  assertEquals(error.message.split("\n"), [
    "'kv' is not crash-safe: wrong-data, after a power cut (fault model 'sectors')",
    "",
    "Workload, the shortest that fails:",
    "  1. write 512 bytes at 0",
    "  2. flush",
    "  3. reopen",
    "",
    "Writes (= durable, + on disk, ~ on disk in part, - lost; the file has 7680 bytes):",
    "    0 =   write 512 bytes at 0 (generation)",
    "    2     flush (flush)",
    "    4   guest writes 512 bytes at 0",
    "    5 =   write 1024 bytes at 4608 (record)",
    "    7   guest request #2 acknowledged",
    "    8   guest flushes",
    "    9     flush (flush)",
    "   11   guest request #4 acknowledged",
    "   12 -   write 512 bytes at 512 (table)",
    "   14 +   write 512 bytes at 0 (generation)",
    "      ! crash",
    "",
    "Violation:",
    "  wrong-data: guest sector 0 holds zeroes, allowed: a0 b0 a0 b0 a0 b0 a0 b0 ... (written to " +
    "sector 0) (bytes 0 to 511 of the disk)",
    "",
    "Why:",
    "  The write of 512 bytes at 0 (generation, event 14) reached the disk; the write of 512 bytes " +
    "at 512 (table, event 12) did not.",
    "  The write of 512 bytes at 512 (table, event 12) must reach the disk before the write of 512 " +
    "bytes at 0 (generation, event 14).",
    "  A flush is missing after event 13 (write 512 bytes at 512 (table): completed) and before " +
    "event 14 (write 512 bytes at 0 (generation)).",
    "",
    "Replay:",
    `  replay(kv, "${token}")`,
  ]);
  assertEquals(replay(EAGER, token).verdict, "violation");
  assertEquals(error.result.verdict, "violation");
});

Deno.test("every kind of finding is told in a message that replays", () => {
  const workload = [writeAt(0), { kind: "flush" }] as const;
  const cases = [
    [explore(rawFormat({ refusesLong: true })), "without any power cut"],
    [
      explore(rawFormat({ ignoresFailedFlush: true }), {
        workload,
        runTimeFaults: ["flush-fails"],
      }),
      "after a power cut and the storage fault 'flush-fails'",
    ],
    [
      explore(rawFormat({ ignoresFailedRead: true }), { workload, runTimeFaults: ["read-fails"] }),
      "after the storage fault 'read-fails', without any power cut",
    ],
    [
      explore(rawFormat(), { workload, runTimeFaults: ["bit-rot"] }),
      "of the closed file changes",
    ],
    [explore(EAGER, { depth: 2 }), "after 2 power cuts"],
    [
      explore(mapFormat({ takesPlaceLate: true }), {
        workload: [writeAt(0), writeAt(1), { kind: "flush" }],
        concurrent: true,
      }),
      "in the order of completion",
    ],
    [explore(mapFormat(), { faults: "neighbour-corruption(4096)" }), "around it"],
  ] as const;
  for (const [result, text] of cases) {
    const { message, token } = errorOf(result);
    assertStringIncludes(message, text);
    assertStringIncludes(message, token!);
  }
});

Deno.test("a search that ended early, or ran nothing, does not pass for a clean one", () => {
  let milliseconds = 0;
  const now = () => milliseconds++;
  const partial = explore(rawFormat(), { budget: 300, now });
  assertEquals([partial.verdict, partial.isClean], ["incomplete", false]);
  const { message, token } = errorOf(partial);
  assert(message.startsWith("Cannot tell whether 'raw' is clean: "), message);
  assertStringIncludes(message, "of 87 workloads");
  assertStringIncludes(message, "allowPartial");
  assertEquals(token, undefined);
  partial.assertClean({ allowPartial: true });
  const nothing = explore(rawFormat(), { shard: "999/1000" });
  assertEquals([nothing.verdict, nothing.coverage.workloads], ["incomplete", 0]);
  assertStringIncludes(errorOf(nothing).message, "no workload was run");
  const lenient = { allowPartial: true };
  assertThrows(() => nothing.assertClean(lenient), NotCleanError, "no workload was run");
  // A finding counts, however much is missing.
  milliseconds = 0;
  const found = explore(rawFormat({ skipsFlush: true }), { budget: 300, now });
  assertThrows(() => found.assertClean(lenient), NotCleanError, "wrong-data");
});

Deno.test("another test runner fails with the same message", () =>
  inTempDir(async (folder) => {
    const path = `${folder}/store_test.ts`;
    const address = (file: string) => new URL(`../../${file}`, import.meta.url).href;
    Deno.writeTextFileSync(
      path,
      `import test from "node:test";
import { explore } from "${address("mod.ts")}";
import { CORRECT, keyValueStore } from "${address("examples/key_value_store.ts")}";

test("it is clean", () => explore(keyValueStore(), { steps: 1 }).assertClean());
test("it fails", () => explore(keyValueStore({ ...CORRECT, flushesTable: false })).assertClean());
`,
    );
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--frozen", "--config", config, path],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(code, 1, text);
    assertStringIncludes(text, "1 passed | 1 failed");
    assertStringIncludes(text, "A flush is missing after event 13");
  }));

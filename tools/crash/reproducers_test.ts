import { assert, assertEquals, assertGreaterOrEqual, assertStringIncludes } from "@std/assert";
import { sized } from "../../test_support/long.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "./run_crash_testing.ts";
import { parseReplayFile, type ReplayFile } from "./replay_file.ts";
import {
  failingWorkload,
  REPRODUCER_ORIGINS,
  reproducerOf,
  REPRODUCERS_FOLDER,
} from "./reproducers.ts";

const MAX_MILLISECONDS = 10_000;
const MAX_STEPS = 3;

const paths = [...Deno.readDirSync(REPRODUCERS_FOLDER)]
  .map(({ name }) => new URL(name, REPRODUCERS_FOLDER).pathname).sort();

function stored(path: string): ReplayFile {
  return parseReplayFile(Deno.readTextFileSync(path));
}

Deno.test("each reproducer is stored, and there are enough of them, of different sorts", () => {
  const names = REPRODUCER_ORIGINS.map(({ name }) => `${name}.json`).sort();
  assertEquals(paths.map((path) => path.slice(path.lastIndexOf("/") + 1)), names);
  assertGreaterOrEqual(paths.length, 8);
  const profiles = new Set(paths.map((path) => stored(path).profile));
  assertEquals([...profiles].sort(), ["kv", "qemu", "rfc", "strict"]);
});

for (const path of paths) {
  Deno.test(`stored, and still the same: ${path.slice(path.lastIndexOf("/") + 1)}`, async () => {
    const { code, stdout } = await crash("replay", path, "--json");
    assertEquals(code, 1);
    const { reproduced, violations } = JSON.parse(stdout);
    assert(reproduced);
    const { kind, subject } = stored(path).violation;
    assert(
      violations.some((each: { kind: string; subject: string }) =>
        each.kind === kind && each.subject === subject
      ),
    );
    // It is as small as it gets already, and shrinking it says the same again.
    const shrunk = await crash("shrink", path, "--json");
    assertEquals(shrunk.code, 1);
    const { replay } = JSON.parse(shrunk.stdout);
    assertEquals(replay.source, stored(path).source);
    assertEquals(replay.explanation, stored(path).explanation);
  });
}

Deno.test("a reproducer of a changed trace is refused, and what has changed is named", () =>
  inTempDir(async (folder) => {
    const path = paths.find((each) => each.includes("need-check-not-flushed"))!;
    const replay = stored(path);
    if (!("image" in replay.source) || !replay.trace) throw new Error("not a workload");
    const { image, steps } = replay.source;
    const otherPath = `${folder}/changed.json`;
    const refusal = async (changed: unknown) => {
      Deno.writeTextFileSync(otherPath, JSON.stringify(changed));
      const { code, stderr } = await crash("replay", otherPath);
      assertEquals(code, 2, stderr);
      return stderr;
    };
    // The bug is gone: the driver flushes.
    const mended = { ...replay, source: { image: { ...image, mutant: undefined }, steps } };
    assertStringIncludes(
      await refusal(mended),
      'event 3 was "write 4096 bytes at 20480 (data), contents ',
    );
    assertStringIncludes(await refusal(mended), 'is now "flush (NEED_CHECK before allocation)"');
    const other = { ...replay, source: { image: { ...image, profile: "rfc" }, steps } };
    assertStringIncludes(await refusal(other), 'it was checked with "sectors, qed (strict)');
    const backed = { ...replay, source: { image: { ...image, backing: "short" }, steps } };
    assertStringIncludes(await refusal(backed), "the file before the first event has changed");
    const { trace: _, ...old } = replay;
    assertStringIncludes(await refusal({ ...old, traceHash: "0" }), "it belongs to another trace");
  }));

// Two that are quick to find; the benchmark `shrink` measures more.
const QUICK = ["need-check-cleared-early", "freed-cluster-cleaned-late"];
for (const name of QUICK.slice(0, sized({ short: 1, long: QUICK.length }))) {
  Deno.test(`a long random workload is shrunk to three steps or fewer, quickly: ${name}`, () => {
    const origin = REPRODUCER_ORIGINS.find((each) => each.name === name)!;
    const steps = failingWorkload(origin)!;
    assertGreaterOrEqual(steps.length, 100);
    const start = performance.now();
    const shrunk = reproducerOf(origin, steps)!;
    assert(performance.now() - start < MAX_MILLISECONDS);
    assertEquals(shrunk.steps?.effort.cutShort, 0);
    assert(shrunk.steps!.after.length <= MAX_STEPS);
    const url = new URL(`${name}.json`, REPRODUCERS_FOLDER);
    assertEquals(shrunk.replay, stored(url.pathname));
  });
}

import { assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import { exploreLazily } from "../engine/lazy.ts";
import { MIN_PARTS, ROOT_RECOVERIES } from "../search/lazy_search.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { TargetError } from "../target/target_error.ts";
import { exploreInParallel, type ParallelOptions } from "./explore_in_parallel.ts";
import { problemOf, type ToyInput } from "./toy_problem_testing.ts";

const MODULE = new URL("./toy_problem_testing.ts", import.meta.url).href;
const LARGE: ToyInput = { sectors: 12 };

function explore(input: ToyInput, options: Partial<ParallelOptions> = {}) {
  const recipe = { module: MODULE, input };
  return exploreInParallel(problemOf(input), { workers: 2, recipe, ...options });
}

Deno.test("the result is the same however many workers there are", async () => {
  const { log, target, preset, options } = problemOf(LARGE);
  const alone = exploreLazily(log, target, preset, options);
  assertGreater(alone.recoveries, 4000);
  assertEquals(alone.violations.length, 11);
  for (const workers of [1, 2, 3]) {
    assertEquals(JSON.stringify(await explore(LARGE, { workers })), JSON.stringify(alone));
  }
});

Deno.test("no worker is started for what one part can do", async () => {
  const recipe = { module: "file:///nonsense.ts", input: undefined };
  const { recoveries } = await explore({ sectors: 5 }, { recipe });
  assertEquals(recoveries, 32 + 1 - 1);
});

Deno.test("what a worker that dies was at is run again, and that is said", async () => {
  const alone = await explore(LARGE, { workers: 1 });
  await inTempDir(async (folder) => {
    const said: string[] = [];
    const onDeath = (message: string) => said.push(message);
    const input = { ...LARGE, dyingFile: `${folder}/died` };
    const result = await explore(input, { onDeath });
    assertEquals(JSON.stringify(result), JSON.stringify(alone));
    assertEquals(said.length, 1);
    assertStringIncludes(said[0], "the worker dies");
    assertStringIncludes(said[0], "is run again by another one");
  });
});

Deno.test("what the target throws in a worker comes out", async () => {
  const recipe = { module: MODULE, input: { ...LARGE, throws: true } };
  const error = await assertRejects(() => explore(LARGE, { recipe }), Error, "does not fail here");
  assertStringIncludes(error.message, "a defect of the target");
});

Deno.test("what a part throws is an error of its own kind, with workers too", async () => {
  const cause = new Error("here");
  const problem = problemOf(LARGE);
  let calls = 0;
  // Not in the part that runs here first, but in all that workers are given.
  const target = {
    ...problem.target,
    refusal: () => undefined,
    *recover(...args: Parameters<typeof problem.target.recover>) {
      if (calls++ > ROOT_RECOVERIES + MIN_PARTS + 8) throw cause;
      return yield* problem.target.recover(...args);
    },
  };
  const recipe = { module: MODULE, input: { ...LARGE, throws: true } };
  const error = await assertRejects(
    () => exploreInParallel({ ...problem, target }, { workers: 2, recipe }),
    TargetError,
  );
  assertEquals(error.cause, cause);
});

Deno.test("a search that is stopped says how much was done", async () => {
  for (const workers of [1, 2]) {
    const { coverage, certificate, recoveries } = await explore(LARGE, {
      workers,
      shouldStop: (count) => count >= 1000,
    });
    assertEquals([coverage, certificate.coverage.kind], ["partial", "partial"]);
    assertGreater(4096, recoveries);
    assertGreater(recoveries, 900);
  }
});

import { assertEquals, assertGreater, assertRejects, assertThrows } from "@std/assert";
import { exploreLazily } from "../engine/lazy.ts";
import { explorePartially, MergeError, mergePartials, type PartialResult } from "./partial.ts";
import type { Problem } from "./problem.ts";
import { problemOf, type ToyInput } from "./toy_problem_testing.ts";

const MODULE = new URL("./toy_problem_testing.ts", import.meta.url).href;
const LARGE: ToyInput = { sectors: 11 };
const RECIPE = { module: MODULE, input: LARGE };

function whole({ log, target, preset, options }: Problem): string {
  return JSON.stringify(exploreLazily(log, target, preset, options));
}

/** As a file would give it back. */
function reread(partial: PartialResult): PartialResult {
  return JSON.parse(JSON.stringify(partial));
}

async function shares(count: number, workers = 1): Promise<PartialResult[]> {
  const partials: PartialResult[] = [];
  for (let index = 1; index <= count; index++) {
    const options = { workers, recipe: RECIPE, shard: { index, count } };
    partials.push(reread((await explorePartially(problemOf(LARGE), options)).partial));
  }
  return partials;
}

Deno.test("shares that are put together are the whole, whoever ran them", async () => {
  const problem = problemOf(LARGE);
  for (const [count, workers] of [[1, 1], [2, 1], [5, 1], [3, 2]]) {
    const partials = await shares(count, workers);
    for (const { items } of partials) assertGreater(items.length, 0);
    assertEquals(JSON.stringify(mergePartials(problem, partials.toReversed())), whole(problem));
  }
});

Deno.test("a share is the same to the last figure whoever ran its parts", async () => {
  assertEquals(JSON.stringify(await shares(2, 3)), JSON.stringify(await shares(2, 1)));
});

Deno.test("a search that was stopped, and goes on until it is done, is the whole", async () => {
  const problem = problemOf(LARGE);
  let before: PartialResult | undefined;
  for (let rounds = 1;; rounds++) {
    let spent = -1;
    const { partial, exploration } = await explorePartially(problem, {
      workers: 1,
      recipe: RECIPE,
      ...(before && { before }),
      // So many recoveries at a time, beyond those that were run before.
      shouldStop: (recoveries) => (spent < 0 ? spent = recoveries : recoveries) - spent > 700,
    });
    before = reread(partial);
    if (!partial.isComplete) {
      assertEquals(exploration.coverage, "partial");
      continue;
    }
    assertGreater(rounds, 2);
    assertEquals(JSON.stringify(exploration), whole(problem));
    assertEquals(JSON.stringify(mergePartials(problem, [before])), whole(problem));
    return;
  }
});

Deno.test("what does not belong together is refused, and named", async () => {
  const problem = problemOf(LARGE);
  const [first, second] = await shares(2);
  const refused = (partials: PartialResult[], message: string) =>
    assertThrows(() => mergePartials(problem, partials), MergeError, message);
  refused([first], "result 1: shard is missing: 2/2");
  refused([first, first], "result 1: shard is 1/2, among shards of 2");
  refused([first, { ...second, shard: { index: 2, count: 3 } }], "result 1: shard is 2/3");
  refused([first, { ...second, isComplete: false }], "result 1: isComplete is false");
  refused([{ ...first, traceHash: "other" }, second], 'result 0: traceHash is "other"');
  refused([{ ...first, depth: 2 }, second], 'result 0: depth is "2"');
  const goOn = (before: PartialResult) =>
    explorePartially(problem, { workers: 1, recipe: RECIPE, before });
  await assertRejects(() => goOn(first), MergeError, "shard is 1/2, not 1/1");
  await assertRejects(() => goOn({ ...first, traceHash: "other" }), MergeError, "traceHash");
});

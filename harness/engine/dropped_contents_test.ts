/** Dropping contents that nobody needs changes nothing. */
import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { Contents } from "../model/contents.ts";
import { SECTORS, TORN_SECTOR } from "../model/presets.ts";
import { prepareContext } from "../reference/check_state.ts";
import { bruteStates, type EngineCase } from "../testing/engine_agreement.ts";
import { explorationOf } from "./exploration_of.ts";
import { LazySearch } from "../search/lazy_search.ts";
import { randomCase, scriptedCase } from "../testing/random_case.ts";

/** What a search comes to, and how many contents it knows in the end. */
function search({ log, target, preset, ...options }: EngineCase, minToDrop?: number) {
  const contents = new Contents(minToDrop);
  const context = prepareContext(log, target, preset, options);
  const search = new LazySearch(context, options, contents);
  for (const part of search.parts()) search.take(part.run()!);
  return { result: explorationOf(context, search.outcome()), size: contents.size };
}

seededTest("a search that drops contents after every epoch finds the same", (seed) => {
  let [dropped, failing] = [0, 0];
  for (const preset of [SECTORS, TORN_SECTOR]) {
    const property = fc.property(randomCase(preset), (random) => {
      const each = scriptedCase(random, preset);
      if (!each || bruteStates(each.log, preset) > 1000n) return;
      const [all, some] = [search(each), search(each, 0)];
      assertEquals(some.result, all.result);
      if (some.size < all.size) dropped++;
      if (all.result.verdict === "violation") failing++;
    });
    fc.assert(property, { seed, numRuns: 400 }); // contents are dropped in about 2 of 100
  }
  assertGreaterOrEqual(dropped, 2);
  assertGreaterOrEqual(failing, 8);
});

Deno.test("contents that are kept are known by their new ids, and the others are gone", () => {
  const contents = new Contents(2);
  const ids = [5, 6, 7].map((value) => contents.idOf(new Uint8Array(512).fill(value)));
  assertEquals([contents.isLarge, contents.size], [true, 4]);
  const renumbered = contents.keepOnly([ids[2], ids[0]]);
  assertEquals([...renumbered], [[0, 0], [ids[0], 1], [ids[2], 2]]);
  assertEquals([contents.isLarge, contents.size], [false, 3]);
  assertEquals(contents.bytesOf(2), new Uint8Array(512).fill(7));
  assertEquals(contents.idOf(new Uint8Array(512).fill(7)), 2);
  assertLess(contents.idOf(new Uint8Array(512)), 1);
  assertEquals(contents.idOf(new Uint8Array(512).fill(6)), 3); // as if it had never been there
});

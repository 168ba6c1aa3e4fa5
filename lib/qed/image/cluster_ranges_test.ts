import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../../test_support/seeds.ts";
import { ClusterRanges, MAX_RANGES } from "./cluster_ranges.ts";

function rangesOf(...ranges: readonly (readonly [number, number])[]): ClusterRanges {
  const set = new ClusterRanges();
  for (const [firstCluster, clusterCount] of ranges) set.add({ firstCluster, clusterCount });
  return set;
}

/** Empty the set, range by range. */
function drain(set: ClusterRanges): [number, number][] {
  const ranges: [number, number][] = [];
  for (let taken = set.take(1, Infinity); taken; taken = set.take(1, Infinity)) {
    ranges.push([taken.firstCluster, taken.clusterCount]);
  }
  return ranges;
}

Deno.test("ranges that touch or overlap become one", () => {
  assertEquals(drain(rangesOf([4, 2], [10, 1], [6, 4])), [[4, 7]]);
  assertEquals(drain(rangesOf([4, 2], [4, 2], [5, 3])), [[4, 4]]);
  assertEquals(drain(rangesOf([4, 1], [2, 1], [6, 1])), [[2, 1], [4, 1], [6, 1]]);
});

Deno.test("the lowest range that is long enough is taken, up to the requested length", () => {
  const set = rangesOf([1, 1], [4, 3], [10, 5]);
  assertEquals(set.take(6, 6), undefined);
  assertEquals(set.take(2, 2), { firstCluster: 4, clusterCount: 2 });
  assertEquals(set.take(2, 9), { firstCluster: 10, clusterCount: 5 });
  assertEquals([set.holds(1), set.holds(2), set.clusterCount], [true, false, 2]);
});

Deno.test("the range at the end of the file is found by where it ends", () => {
  const set = rangesOf([1, 1], [4, 3]);
  assertEquals(set.takeEnd(8), 8);
  assertEquals(set.takeEnd(7), 4);
  assertEquals(set.takeEnd(4), 4);
  assertEquals(drain(set), [[1, 1]]);
});

Deno.test("beyond the limit only clusters that join a range are added", () => {
  const set = new ClusterRanges();
  for (let i = 0; i < MAX_RANGES; i++) set.add({ firstCluster: 2 * i, clusterCount: 1 });
  set.add({ firstCluster: 2 * MAX_RANGES + 1, clusterCount: 1 });
  assertEquals(set.clusterCount, MAX_RANGES);
  set.add({ firstCluster: 1, clusterCount: 1 });
  assertEquals(set.clusterCount, MAX_RANGES + 1);
  set.add({ firstCluster: 2 * MAX_RANGES + 1, clusterCount: 1 });
  assertEquals(set.clusterCount, MAX_RANGES + 2, "there is room for one again");
});

const STEP = fc.record({
  kind: fc.constantFrom("add", "add", "take", "takeEnd", "moveTo"),
  first: fc.nat(60),
  count: fc.integer({ min: 1, max: 9 }),
});

seededTest("ranges hold what a plain set holds", (seed) => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 30 }), (steps) => {
      let set = new ClusterRanges();
      const model = new Set<number>();
      const remove = (first: number, count: number) => {
        for (let i = 0; i < count; i++) assertEquals(model.delete(first + i), true);
      };
      for (const { kind, first, count } of steps) {
        if (kind === "add") {
          set.add({ firstCluster: first, clusterCount: count });
          for (let i = 0; i < count; i++) model.add(first + i);
        } else if (kind === "take") {
          const taken = set.take(Math.ceil(count / 2), count);
          if (taken) remove(taken.firstCluster, taken.clusterCount);
        } else if (kind === "takeEnd") {
          const start = set.takeEnd(first);
          remove(start, first - start);
        } else {
          const other = new ClusterRanges();
          set.moveTo(other);
          assertEquals(set.clusterCount, 0);
          set = other;
        }
        assertEquals(set.clusterCount, model.size);
      }
      const left = drain(set).flatMap(([first, count]) =>
        Array.from({ length: count }, (_, i) => first + i)
      );
      assertEquals(left, [...model].sort((a, b) => a - b));
    }),
    { seed, numRuns: 300 },
  );
});

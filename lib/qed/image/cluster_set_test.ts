import { assertEquals } from "@std/assert";
import { FRESH_BUFFERS } from "../format/buffers.ts";
import { ClusterSet } from "./cluster_set.ts";

/** Around the edges of words and chunks, and far beyond 32 bits. */
const CLUSTERS = [0, 1, 31, 32, 33, 63, 64, 2 ** 26 - 1, 2 ** 26, 2 ** 31, 2 ** 33 + 7];

Deno.test("a cluster is in the set once it was added, and adding it again is noticed", () => {
  const set = new ClusterSet(2 ** 34, FRESH_BUFFERS);
  for (const cluster of CLUSTERS) {
    assertEquals(set.has(cluster), false, `${cluster}`);
    assertEquals(set.add(cluster), true);
    assertEquals(set.highest(), cluster);
  }
  for (const cluster of CLUSTERS) {
    assertEquals([set.has(cluster), set.add(cluster)], [true, false]);
  }
  assertEquals(set.size, CLUSTERS.length);
  for (const cluster of [2, 30, 34, 62, 65, 2 ** 26 + 1, 2 ** 31 + 1, 2 ** 33 + 6]) {
    assertEquals(set.has(cluster), false, `${cluster}`);
  }
});

Deno.test("a cluster that is taken out is not in the set, and only it", () => {
  const set = new ClusterSet(100, FRESH_BUFFERS);
  for (const cluster of [5, 6, 70]) set.add(cluster);
  set.delete(70);
  set.delete(70);
  set.delete(99);
  assertEquals([set.has(5), set.has(6), set.has(70)], [true, true, false]);
  assertEquals([set.size, set.highest()], [2, 6]);
  assertEquals(set.add(70), true);
});

Deno.test("an empty set has no highest cluster", () => {
  assertEquals(new ClusterSet(0, FRESH_BUFFERS).highest(), -1);
});

Deno.test("memory is allocated for clusters that are added only", () => {
  const taken: number[] = [];
  const buffers = {
    take(sizeBytes: number) {
      taken.push(sizeBytes);
      return FRESH_BUFFERS.take(sizeBytes);
    },
  };
  const huge = new ClusterSet(2 ** 50, buffers);
  assertEquals(huge.has(2 ** 49), false);
  for (const cluster of [3, 4, 2 ** 49]) huge.add(cluster);
  assertEquals(taken, [2 ** 23, 2 ** 23]);
  new ClusterSet(100, buffers).add(99);
  assertEquals(taken[2], 16);
});

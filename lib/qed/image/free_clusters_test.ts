/** What becomes of freed clusters: when they are used again, and at which cost. */
import { assertEquals, assertThrows } from "@std/assert";
import { failNth, labelled } from "../../../test_support/recording.ts";
import type { Operation } from "../../storage/request.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { closeImage, flushImage, settleImage } from "./close.ts";
import { discardImage } from "../io/discard.ts";
import { FreeClusters } from "./free_clusters.ts";
import { type OrderingProfile, QEMU, RFC, STRICT } from "../format/profile.ts";
import { CLUSTER, SmallImage } from "../io/unmapping_testing.ts";
import { writeImage } from "../io/write.ts";

const EAGER: OrderingProfile = { ...STRICT, name: "strict, eager", reuseBatchClusters: 1 };
const BACKING = new Uint8Array(CLUSTER).fill(0xbb);
/** Header, L1 table, first data cluster, L2 table. */
const FIRST_CLUSTERS = 4;

/** An image with `count` data clusters, flushed; the first one is before the L2 table. */
function filled(
  count: number,
  options: ConstructorParameters<typeof SmallImage>[0] = {},
): SmallImage {
  const small = new SmallImage(options);
  for (let i = 0; i < count; i++) small.write(i * CLUSTER, CLUSTER, 1 + i);
  small.run(flushImage(small.image));
  return small;
}

function discard(small: SmallImage, firstCluster: number, clusterCount: number): void {
  small.run(discardImage(small.image, firstCluster * CLUSTER, clusterCount * CLUSTER));
}

Deno.test("fewer than a batch wait, and the file grows", () => {
  const small = filled(40);
  discard(small, 0, 15);
  assertEquals(small.write(100 * CLUSTER, CLUSTER), ["data", "l2-table"]);
  assertEquals(small.fileClusters, FIRST_CLUSTERS + 40);
});

Deno.test("a batch is overwritten with zeroes and flushed once; its clusters then cost nothing", () => {
  const small = filled(40);
  discard(small, 1, 20);
  const before = small.fileClusters;
  assertEquals(small.write(100 * CLUSTER, 512), ["cleaned-cluster", "flush", "data", "l2-table"]);
  for (let i = 1; i < 16; i++) {
    assertEquals(small.write((100 + i) * CLUSTER, 512), ["data", "l2-table"]);
  }
  assertEquals(small.fileClusters, before);
  assertEquals(
    small.write(200 * CLUSTER, 512),
    ["data", "l2-table"],
    "four are fewer than a batch",
  );
  assertEquals(small.fileClusters, before + 1);
  assertEquals([small.byteAt(100 * CLUSTER), small.byteAt(100 * CLUSTER + 512)], [1, 0]);
  assertEquals(small.check(), { corruptions: 0, leaks: 4 });
});

Deno.test("with a backing file, where data is flushed anyway, a settled cluster is reused unchanged", () => {
  const small = filled(20, { backing: BACKING });
  discard(small, 0, 1);
  const before = small.fileClusters;
  const allocation = ["data", "flush", "l2-table"];
  assertEquals(small.write(100 * CLUSTER, 512), allocation);
  assertEquals(small.fileClusters, before + 1, "it was not settled yet");
  assertEquals(small.write(101 * CLUSTER, 512), allocation);
  assertEquals(small.fileClusters, before + 1, "the flush before has settled it");
  discard(small, 1, 16);
  assertEquals(
    small.write(102 * CLUSTER, 512),
    ["flush", ...allocation],
    "a batch is worth a flush",
  );
  assertEquals(small.fileClusters, before + 1);
  assertEquals(small.check(), { corruptions: 0, leaks: 15 });
});

Deno.test("a write goes to a hole that fits all of it, or a batch", () => {
  const small = filled(80);
  for (let i = 1; i < 40; i += 2) discard(small, i, 1); // 20 single clusters
  const before = small.fileClusters;
  assertEquals(small.write(100 * CLUSTER, 2 * CLUSTER), ["data", "l2-table"]);
  assertEquals(small.fileClusters, before + 2, "single clusters hold no run of two");
  discard(small, 40, 33);
  const batch = ["cleaned-cluster", "flush", "data", "l2-table"];
  assertEquals(small.write(200 * CLUSTER, 30 * CLUSTER), [...batch, ...batch]);
  assertEquals(small.fileClusters, before + 2, "a batch and the rest of it, in two steps");
  assertEquals(small.check().corruptions, 0);
});

Deno.test("settled clusters at the end of the file are cut off rather than overwritten", () => {
  const small = filled(40);
  discard(small, 10, 30);
  small.run(flushImage(small.image));
  assertEquals(small.write(100 * CLUSTER, CLUSTER), [
    "freed clusters",
    "flush",
    "data",
    "l2-table",
  ]);
  assertEquals(small.fileClusters, FIRST_CLUSTERS - 1 + 10 + 1);
  assertEquals(small.check(), { corruptions: 0, leaks: 0 });
});

Deno.test("a cut is durable before any data goes after it, also if cleaning has failed", () => {
  const small = filled(40);
  discard(small, 10, 1);
  discard(small, 12, 12);
  discard(small, 36, 4);
  small.run(flushImage(small.image));
  small.storage.fault = failNth(0, "ENOSPC", labelled("write", "cleaned-cluster"));
  const write = writeImage(small.image, 100 * CLUSTER, new Uint8Array(CLUSTER).fill(1));
  small.storage.takeLabels();
  assertThrows(() => small.run(write), StorageError);
  assertEquals(small.storage.takeLabels(), ["freed clusters", "flush"]);
  assertEquals(small.write(100 * CLUSTER, CLUSTER), ["data", "l2-table"]);
});

Deno.test("closing cuts off free clusters at the end, and leaks the rest", () => {
  const small = filled(20);
  discard(small, 5, 2);
  discard(small, 15, 5);
  const labels = small.labels(closeImage(small.image));
  assertEquals(labels, ["flush", "freed clusters", "header", "flush"]);
  assertEquals(small.fileClusters, FIRST_CLUSTERS - 1 + 15);
  small.reopen();
  assertEquals(small.check(), { corruptions: 0, leaks: 2 });
  assertEquals(small.image.free.isEmpty, true);
});

Deno.test("closing an image without NEED_CHECK makes the cut durable too; so does an idle timer", () => {
  const small = filled(4, { backing: BACKING });
  discard(small, 3, 1);
  assertEquals(small.labels(settleImage(small.image)), ["flush", "freed clusters", "flush"]);
  discard(small, 2, 1);
  assertEquals(small.labels(closeImage(small.image)), ["flush", "freed clusters", "flush"]);
  assertEquals(small.fileClusters, FIRST_CLUSTERS + 1);
  small.write(2 * CLUSTER, CLUSTER);
  assertEquals(small.check(), { corruptions: 0, leaks: 0 });
});

for (const profile of [QEMU, RFC]) {
  Deno.test(`${profile.name} reuses nothing and cuts nothing off`, () => {
    const small = filled(40, { profile });
    discard(small, 10, 30);
    small.write(100 * CLUSTER, CLUSTER);
    assertEquals(small.fileClusters, FIRST_CLUSTERS + 40);
    small.labels(closeImage(small.image));
    assertEquals(small.fileClusters, FIRST_CLUSTERS + 40);
    assertEquals(small.check().leaks, 30);
  });
}

/** Take an operation as far as its next request. */
function step(operation: Operation<unknown>, answer = 0): string {
  const { value, done } = operation.next(answer);
  if (done) return "done";
  const request = value as { kind: string; label?: string };
  return request.kind === "flush" ? "flush" : request.label ?? request.kind;
}

Deno.test("a flush settles only clusters that were freed before it was issued", () => {
  const small = filled(4, { profile: EAGER, backing: BACKING });
  const { free } = small.image;
  discard(small, 1, 1);
  const flush = flushImage(small.image);
  assertEquals(step(flush), "flush");
  discard(small, 2, 1);
  assertEquals([free.settled.clusterCount, free.freed.clusterCount], [0, 1]);
  assertEquals(step(flush), "done");
  assertEquals([free.settled.clusterCount, free.freed.clusterCount], [1, 1]);
});

Deno.test("a cluster is not free yet while its entry is being written", () => {
  const small = filled(4, { profile: EAGER });
  const discarding = discardImage(small.image, CLUSTER, CLUSTER);
  assertEquals(step(discarding), "l2-table");
  assertEquals(small.image.free.isEmpty, true);
  assertEquals(step(discarding), "done");
  assertEquals(small.image.free.freed.clusterCount, 1);
});

Deno.test("a thousand times a cluster given up and one written: the file does not grow without limit", () => {
  for (const options of [{}, { backing: BACKING }, { layout: "rfc" as const }]) {
    const small = filled(2, options);
    const before = small.fileClusters;
    for (let i = 0; i < 1000; i++) {
      const at = (i % 100) * CLUSTER;
      small.run(writeImage(small.image, at + 100 * CLUSTER, new Uint8Array(512).fill(1)));
      small.run(discardImage(small.image, at + 90 * CLUSTER, CLUSTER));
    }
    assertEquals(small.fileClusters < before + 100 + 32, true);
    assertEquals(small.check().corruptions, 0);
  }
});

Deno.test("clusters that a flush in flight covers are forgotten with the rest", () => {
  const free = new FreeClusters();
  free.add({ firstCluster: 5, clusterCount: 2 });
  const covered = free.coveredByFlush();
  free.clear();
  if (covered) free.settle(covered);
  assertEquals([covered !== undefined, free.isEmpty], [true, true]);
});

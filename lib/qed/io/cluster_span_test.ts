import { assertEquals } from "@std/assert";
import { runSync } from "../../storage/run_sync.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { clusterAccess, clusterSpan } from "./cluster_span.ts";
import { createImage } from "../image/create.ts";
import type { QedImage } from "../image/image.ts";
import { openImage } from "../open.ts";

const CLUSTER = 4096;

function imageOf(imageBytes: number | bigint, clusterBytes = CLUSTER): QedImage {
  const file = new MemoryStorage();
  runSync(createImage({ imageBytes, clusterBytes, tableClusters: 2 }), [file]);
  return runSync(openImage(), [file]);
}

Deno.test("a range is split into whole clusters and parts at its ends", () => {
  const image = imageOf(8 * CLUSTER + 512);
  const part = (clusterIndex: number, startBytes: number, endBytes: number) => ({
    ...{ clusterIndex, startBytes, endBytes },
  });
  const cases: [number, number, object][] = [
    [0, 2 * CLUSTER, { firstCluster: 0, endCluster: 2 }],
    [1, 2 * CLUSTER, {
      ...{ head: part(0, 1, CLUSTER), firstCluster: 1, endCluster: 2, tail: part(2, 0, 1) },
    }],
    [CLUSTER - 1, 2, {
      ...{ head: part(0, CLUSTER - 1, CLUSTER), firstCluster: 1, endCluster: 1 },
      tail: part(1, 0, 1),
    }],
    [5, 10, { head: part(0, 5, 15), firstCluster: 1, endCluster: 1 }],
    [5, CLUSTER - 5, { head: part(0, 5, CLUSTER), firstCluster: 1, endCluster: 1 }],
    [CLUSTER, 10, { firstCluster: 1, endCluster: 1, tail: part(1, 0, 10) }],
    [8 * CLUSTER, 512, { firstCluster: 8, endCluster: 9 }],
    [8 * CLUSTER, 511, { firstCluster: 8, endCluster: 8, tail: part(8, 0, 511) }],
    [8 * CLUSTER + 1, 511, { head: part(8, 1, CLUSTER), firstCluster: 9, endCluster: 9 }],
    [100, 0, { firstCluster: 1, endCluster: 1 }],
    [8 * CLUSTER + 512, 0, { firstCluster: 9, endCluster: 9 }],
  ];
  for (const [offset, length, expected] of cases) {
    assertEquals(clusterSpan(image, offset, length), expected as ReturnType<typeof clusterSpan>);
    assertEquals(
      clusterSpan(image, BigInt(offset), BigInt(length)),
      clusterSpan(image, offset, length),
    );
  }
});

Deno.test("at the end of the largest disk a span is exact", () => {
  const bytes = 2n ** 62n;
  const image = imageOf(bytes, 2 ** 22);
  assertEquals(clusterSpan(image, bytes - 2n ** 22n + 1n, 2n ** 22n - 1n), {
    head: { clusterIndex: 2 ** 40 - 1, startBytes: 1, endBytes: 2 ** 22 },
    firstCluster: 2 ** 40,
    endCluster: 2 ** 40,
  });
});

Deno.test("the clusters that a range overlaps have to be locked", () => {
  const image = imageOf(8 * CLUSTER);
  const access = (offset: number, length: number) => clusterAccess(image, offset, length);
  assertEquals(access(1, 1), { startBytes: 0, endBytes: CLUSTER });
  assertEquals(access(CLUSTER, CLUSTER), { startBytes: CLUSTER, endBytes: 2 * CLUSTER });
  assertEquals(access(CLUSTER - 1, 2), { startBytes: 0, endBytes: 2 * CLUSTER });
});

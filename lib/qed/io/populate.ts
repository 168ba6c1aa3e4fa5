import type { Operation } from "../../storage/request.ts";
import { dataMustComeFirst, linkNewL2Table, prepareAllocation, writeData } from "./allocate.ts";
import { readBacking } from "./read.ts";
import { changeEntries } from "../image/change_entries.ts";
import { clusterAccess, clusterSpan } from "./cluster_span.ts";
import { loadL2Table, lookup, tableIndexes } from "./lookup.ts";
import { takeClusters } from "../image/take_clusters.ts";
import { clustersFor } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED, ZERO_CLUSTER } from "../format/layout.ts";
import { backingIsKnownZero, endOfBacking } from "./known_zeroes.ts";
import { isZero } from "../../storage/zeroes.ts";

/** The bytes copied before one flush; guest requests that overlap them wait. */
const BATCH_BYTES = 2 ** 23;
/** The size of one read, in bytes. */
const CHUNK_BYTES = 2 ** 20;

/** Options of {@linkcode populateImage}. */
export interface PopulateOptions {
  /**
   * Leave clusters that read as zeroes unallocated instead of making them zero clusters: for an
   * image whose backing file will be removed, so that unallocated clusters read as zeroes.
   */
  readonly leavesZeroes?: boolean;
}

/**
 * Copy clusters from the backing file into the image (copy-on-read): each unallocated cluster that
 * overlaps `lengthBytes` bytes from `offset` on. A cluster that reads as zeroes becomes a zero
 * cluster (in the rfc layout, which has none, a data cluster of zeroes). Clusters past the end of
 * the backing file stay unallocated, and so do all clusters without a backing file. The guest's
 * data does not change, but the copied clusters no longer depend on the backing file.
 *
 * Order, for each batch of at most 8 MiB or one cluster: data, flush, L2 entries. Crash promise
 * under `strict`: the guest reads the same before, after and at any crash in between; at worst the
 * clusters of one batch are leaked.
 *
 * Locks one batch at a time, so that guest requests run in between. Throws {@linkcode ImageError}
 * for a range outside the image, an image that takes no writes or a backing file that is not
 * attached, and the storage's error for a failed request; earlier batches are done then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, nextExtent, openImage, populateImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage(), new MemoryStorage(new Uint8Array(65536).fill(7))];
 * const backing = { name: "base.raw", isRaw: true };
 * runSync(createImage({ imageBytes: 2 ** 20, backing }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * image.backing = { kind: "raw", file: 1, sizeBytes: 65536 };
 * runSync(populateImage(image, 0, 1), files);
 * assertEquals(runSync(nextExtent(image, 0n), files)?.state, "data");
 * ```
 */
export function* populateImage(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
  options: PopulateOptions = {},
): Operation<void> {
  image.assertWritable();
  const clusterBytes = BigInt(image.geometry.clusterBytes);
  const start = BigInt(offset);
  const end = start + BigInt(lengthBytes);
  clusterSpan(image, offset, lengthBytes); // refuses what is outside
  const batch = Math.max(1, BATCH_BYTES / image.geometry.clusterBytes);
  const endCluster = clustersFor(image.geometry, end);
  for (let at = Number(start / clusterBytes); at < Math.min(endCluster, endOfBacking(image));) {
    const clusters = Math.min(batch, endCluster - at, clustersLeftInTable(image, at));
    const access = clusterAccess(image, BigInt(at) * clusterBytes, BigInt(clusters) * clusterBytes);
    const work = populateBatch(image, { firstCluster: at, endCluster: at + clusters }, options);
    yield* image.withRangeLock(access, "change", image.withAllocationLock(work));
    at += clusters;
  }
}

function clustersLeftInTable(image: QedImage, clusterIndex: number): number {
  return image.geometry.tableEntries - tableIndexes(image, clusterIndex).l2;
}

/** Clusters of one L2 table. */
interface Batch {
  readonly firstCluster: number;
  readonly endCluster: number;
}

function* populateBatch(
  image: QedImage,
  { firstCluster, endCluster }: Batch,
  options: PopulateOptions,
): Operation<void> {
  image.assertWritable();
  const copy = new Copy(image, options.leavesZeroes ?? false);
  // While this waited for the lock, the disk may have shrunk or lost its backing file.
  const end = Math.min(
    endCluster,
    endOfBacking(image),
    clustersFor(image.geometry, image.imageBytes),
  );
  for (let at = firstCluster; at < end;) {
    const { state, clusters } = yield* lookup(image, at, end - at);
    if (state === "unallocated" || state === "no-table") yield* copy.copyClusters(at, clusters);
    at += clusters;
  }
  yield* copy.finish();
}

/** Copies one batch: the data first, then the new entries. */
class Copy {
  readonly #image: QedImage;
  readonly #leavesZeroes: boolean;
  /** The new L2 entry of each guest cluster. */
  readonly #entries = new Map<number, number>();
  #hasData = false;
  #chunk: Uint8Array | undefined;

  constructor(image: QedImage, leavesZeroes: boolean) {
    this.#image = image;
    this.#leavesZeroes = leavesZeroes;
  }

  /** Copy unallocated clusters. */
  *copyClusters(firstCluster: number, clusterCount: number): Operation<void> {
    const { clusterBytes } = this.#image.geometry;
    const max = Math.max(1, CHUNK_BYTES / clusterBytes);
    const start = BigInt(firstCluster) * BigInt(clusterBytes);
    const length = BigInt(clusterCount) * BigInt(clusterBytes);
    if (yield* backingIsKnownZero(this.#image, start, length)) {
      for (let i = 0; i < clusterCount; i++) yield* this.#noteZero(firstCluster + i);
      return;
    }
    for (let done = 0; done < clusterCount; done += max) {
      yield* this.#copyChunk(firstCluster + done, Math.min(max, clusterCount - done));
    }
  }

  *#copyChunk(firstCluster: number, clusterCount: number): Operation<void> {
    const { clusterBytes } = this.#image.geometry;
    this.#chunk ??= this.#image.buffers.take(Math.max(CHUNK_BYTES, clusterBytes)).bytes;
    const bytes = this.#chunk.subarray(0, clusterCount * clusterBytes);
    yield* readBacking(this.#image, BigInt(firstCluster) * BigInt(clusterBytes), bytes);
    const isData = (i: number) =>
      !isZero(bytes.subarray(i * clusterBytes, (i + 1) * clusterBytes)) || !this.#canSayZero;
    for (let i = 0; i < clusterCount;) {
      let end = i;
      while (end < clusterCount && isData(end)) end++;
      if (end === i) yield* this.#noteZero(firstCluster + end++);
      else {yield* this.#write(
          firstCluster + i,
          bytes.subarray(i * clusterBytes, end * clusterBytes),
        );}
      i = end;
    }
  }

  /** Whether a cluster of zeroes need not be written as data. */
  get #canSayZero(): boolean {
    return this.#leavesZeroes || this.#image.header.layout === "final";
  }

  *#noteZero(clusterIndex: number): Operation<void> {
    const { clusterBytes } = this.#image.geometry;
    if (this.#leavesZeroes) return;
    if (this.#canSayZero) this.#entries.set(clusterIndex, ZERO_CLUSTER);
    else yield* this.#write(clusterIndex, this.#image.buffers.take(clusterBytes).bytes);
  }

  *#write(firstCluster: number, all: Uint8Array): Operation<void> {
    const image = this.#image;
    const { clusterBytes } = image.geometry;
    if (!this.#hasData) yield* prepareAllocation(image);
    this.#hasData = true;
    let clusterIndex = firstCluster;
    for (let bytes = all; bytes.length > 0;) {
      const wanted = bytes.length / clusterBytes;
      const taken = yield* takeClusters(image, wanted, dataMustComeFirst(image));
      yield* writeData(image, taken.hostBytes, bytes.subarray(0, taken.clusters * clusterBytes));
      for (let i = 0; i < taken.clusters; i++) {
        this.#entries.set(clusterIndex++, taken.hostBytes + i * clusterBytes);
      }
      bytes = bytes.subarray(taken.clusters * clusterBytes);
    }
  }

  /** Point the entries at the copies. */
  *finish(): Operation<void> {
    const image = this.#image;
    if (this.#entries.size === 0) return;
    if (this.#hasData && dataMustComeFirst(image)) yield* image.flush("data before L2 entry");
    const clusters = [...this.#entries.keys()];
    const { l1 } = tableIndexes(image, clusters[0]);
    const base = l1 * image.geometry.tableEntries;
    const table = yield* loadL2Table(image, l1);
    if (!table) {
      if (!this.#hasData) yield* prepareAllocation(image);
      yield* linkNewL2Table(image, l1, (table) => {
        for (const [cluster, entry] of this.#entries) table.setEntry(cluster - base, entry);
      });
      return;
    }
    const range = { from: clusters[0] - base, to: clusters[clusters.length - 1] + 1 - base };
    yield* changeEntries(image, table, range, {
      decide: (index, entry) =>
        entry === UNALLOCATED ? this.#entries.get(base + index) ?? entry : entry,
    });
    image.l2Cache.put(table);
  }
}

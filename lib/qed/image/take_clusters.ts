/** Where allocations get their clusters from: see free_clusters.ts for the rules. */
import type { Operation } from "../../storage/request.ts";
import type { ClusterRange } from "./cluster_ranges.ts";
import type { FreeClusters } from "./free_clusters.ts";
import type { QedImage } from "./image.ts";

/** Adjacent clusters to write to, to which no entry refers yet. */
export interface TakenClusters {
  /** The offset of the first one in the file, in bytes. */
  readonly hostBytes: number;
  /** The number of clusters: at least one, perhaps fewer than requested. */
  readonly clusters: number;
}

/**
 * Take up to `clusterCount` clusters: freed ones, or new ones at the end of the file. If their data
 * `comesFirst`, that is, is durable before an entry points at it, settled clusters will do;
 * otherwise the clusters read as zeroes until they are written. Needs the allocation lock.
 */
export function* takeClusters(
  image: QedImage,
  clusterCount: number,
  comesFirst: boolean,
): Operation<TakenClusters> {
  const { free, geometry: { clusterBytes } } = image;
  const batch = image.profile.reuseBatchClusters;
  if (batch > 0 && !free.isEmpty) {
    const min = Math.min(clusterCount, batch);
    const wanted = { min, max: clusterCount, comesFirst };
    const taken = takeFree(free, wanted) ?? (yield* prepareFree(image, wanted));
    if (taken) {
      const { firstCluster, clusterCount: clusters } = taken;
      return { hostBytes: firstCluster * clusterBytes, clusters };
    }
  }
  return { hostBytes: image.allocateClusters(clusterCount), clusters: clusterCount };
}

interface Wanted {
  readonly min: number;
  readonly max: number;
  readonly comesFirst: boolean;
}

function takeFree(free: FreeClusters, { min, max, comesFirst }: Wanted) {
  return free.clean.take(min, max) ??
    (comesFirst ? free.settled.take(min, max) : undefined);
}

/** If a batch of freed clusters is waiting, prepare it, and take the requested clusters from it. */
function* prepareFree(image: QedImage, wanted: Wanted): Operation<ClusterRange | undefined> {
  const { free: { freed, settled }, profile: { reuseBatchClusters: batch } } = image;
  const { min, comesFirst } = wanted;
  if (comesFirst) {
    if (freed.clusterCount < batch || !freed.holds(min)) return undefined;
    yield* image.flush("freed clusters before they are reused");
  } else {
    if (freed.clusterCount + settled.clusterCount < batch) return undefined;
    if (!freed.holds(min) && !settled.holds(min)) return undefined;
    yield* cleanBatch(image, min);
  }
  return takeFree(image.free, wanted);
}

/** Make a batch of clusters clean, at least `min` of which are adjacent. */
function* cleanBatch(image: QedImage, min: number): Operation<void> {
  const { free, profile: { reuseBatchClusters: batch } } = image;
  const zeroed: ClusterRange[] = [];
  const cutClusters = yield* cutFreeEnd(image);
  let count = cutClusters;
  for (let atLeast = min; count < batch; atLeast = 1) {
    const max = Math.max(atLeast, batch - count);
    const range = free.settled.take(atLeast, max) ?? free.freed.take(atLeast, max);
    if (!range) break;
    try {
      yield* writeZeroClusters(image, range);
    } catch (error) {
      // The image stays in use, and the clusters after the cut must not reappear.
      if (cutClusters > 0) yield* image.flush("freed clusters cut off");
      throw error;
    }
    zeroed.push(range);
    count += range.clusterCount;
  }
  yield* image.flush("cleaned clusters before they are reused");
  for (const range of zeroed) free.clean.add(range);
}

function* writeZeroClusters(image: QedImage, range: ClusterRange): Operation<void> {
  const { clusterBytes } = image.geometry;
  const zeroes = image.buffers.take(Math.min(range.clusterCount * clusterBytes, 2 ** 20)).bytes;
  const end = (range.firstCluster + range.clusterCount) * clusterBytes;
  for (let offsetBytes = range.firstCluster * clusterBytes; offsetBytes < end;) {
    const bytes = zeroes.subarray(0, Math.min(zeroes.length, end - offsetBytes));
    yield { kind: "write", file: image.file, offsetBytes, bytes, label: "cleaned-cluster" };
    offsetBytes += bytes.length;
  }
}

/**
 * Cut off the clusters at the end of the file that durably have no reference. The cut itself is not
 * durable when this returns: no entry may point past it before another flush, since the old
 * contents may reappear. Returns the number of clusters. Needs the allocation lock.
 */
export function* cutFreeEnd(image: QedImage): Operation<number> {
  const { free, geometry: { clusterBytes } } = image;
  if (image.profile.reuseBatchClusters === 0) return 0;
  const endCluster = image.endBytes / clusterBytes;
  const end = free.takeEnd(endCluster);
  if (end === endCluster) return 0;
  image.endBytes = end * clusterBytes;
  image.hasTornTail = false;
  yield* image.requestOrFail({
    kind: "resize",
    file: image.file,
    sizeBytes: image.endBytes,
    label: "freed clusters",
  });
  return endCluster - end;
}

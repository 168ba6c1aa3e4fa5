import type { Operation } from "../../storage/request.ts";
import { FormatError } from "../format/format_error.ts";
import { type ClusterExtent, lookup, tableIndexes } from "./lookup.ts";
import { clustersFor } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";

/** A range of the guest's disk whose clusters have the same state. */
export interface Extent {
  /** The start on the guest's disk, in bytes. */
  readonly startBytes: bigint;
  /** The length in bytes. */
  readonly lengthBytes: bigint;
  /**
   * `data`: stored in this file. `zero`: zero clusters. `unallocated`: read from the backing file.
   */
  readonly state: "data" | "zero" | "unallocated";
  /** For `data`: the offset in the file, in bytes. */
  readonly hostBytes?: number;
}

/**
 * The extent that starts at guest offset `startBytes`: as long as the clusters that follow have the
 * same state and, for data, are adjacent in the file. Undefined at the end of the disk. To visit
 * the whole disk, call it again with the end of each extent; ranges without L2 table cost nothing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, nextExtent, openImage, runSync, writeImage } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(writeImage(image, 0, new Uint8Array(65536)), files);
 * const first = runSync(nextExtent(image, 0n), files);
 * assertEquals([first?.state, first?.lengthBytes], ["data", 65536n]);
 * assertEquals(runSync(nextExtent(image, 65536n), files)?.state, "unallocated");
 * ```
 */
export function* nextExtent(image: QedImage, startBytes: bigint): Operation<Extent | undefined> {
  if (startBytes >= image.imageBytes) return undefined;
  const { clusterBytes } = image.geometry;
  const start = image.locate(startBytes, 0);
  let index = start.clusterIndex;
  let extent: Omit<Extent, "startBytes" | "lengthBytes"> | undefined;
  const endIndex = clustersFor(image.geometry, image.imageBytes);
  // L2 tables with a single state, by offset. In a hostile image every L1 entry may point at the
  // same table: to scan it each time would take hours for a file of megabytes.
  const uniform = new Map<number, ClusterExtent>();
  while (index < endIndex) {
    const { l1, l2 } = tableIndexes(image, index);
    const tableBytes = image.l1.entry(l1);
    const known = l2 === 0 ? uniform.get(tableBytes) : undefined;
    const part = known ?? (yield* lookAhead(image, index, endIndex - index, extent !== undefined));
    if (!part) break;
    if (part.state !== "data" && part.clusters === image.geometry.tableEntries) {
      uniform.set(tableBytes, part);
    }
    const state = part.state === "no-table" ? "unallocated" : part.state;
    if (!extent) {
      extent = state === "data"
        ? { state, hostBytes: part.hostBytes + start.byteInCluster }
        : { state };
    } else {
      const adjacent = extent.hostBytes === undefined ||
        part.hostBytes === extent.hostBytes - start.byteInCluster +
            (index - start.clusterIndex) * clusterBytes;
      if (state !== extent.state || !adjacent) break;
    }
    index += part.clusters;
  }
  const end = BigInt(index) * BigInt(clusterBytes);
  const endBytes = end < image.imageBytes ? end : image.imageBytes;
  return extent && { startBytes, lengthBytes: endBytes - startBytes, ...extent };
}

/**
 * The clusters from a guest cluster on. If an extent has begun, undefined for an invalid entry: the
 * valid extent before it can be used, and the call for the next extent throws.
 */
function* lookAhead(
  image: QedImage,
  clusterIndex: number,
  max: number,
  hasBegun: boolean,
): Operation<ClusterExtent | undefined> {
  try {
    return yield* lookup(image, clusterIndex, max);
  } catch (error) {
    if (hasBegun && error instanceof FormatError) return undefined;
    throw error;
  }
}

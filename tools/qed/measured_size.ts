import { ExtentWalker, type ImageChain } from "../../lib/chain/mod.ts";
import type { Geometry } from "../../lib/qed/mod.ts";

/** The sizes of an image's file, in bytes. */
export interface MeasuredSize {
  /** With what it is to hold now. */
  readonly required: bigint;
  /** When the guest has written all of its disk. */
  readonly full: bigint;
}

/** The size of a QED file without data, for a disk of `imageBytes` bytes. */
export function measureEmptyQed(imageBytes: bigint, geometry: Geometry): MeasuredSize {
  const cluster = BigInt(geometry.clusterBytes);
  const clusters = (imageBytes + cluster - 1n) / cluster;
  const entries = BigInt(geometry.tableEntries);
  const tables = (clusters + entries - 1n) / entries;
  const required = cluster + BigInt(geometry.tableBytes);
  return { required, full: required + tables * BigInt(geometry.tableBytes) + clusters * cluster };
}

/** The sizes of a QED file that is to hold what the guest of a chain sees. */
export function measureQedCopy(source: ImageChain, geometry: Geometry): MeasuredSize {
  const { required, full } = measureEmptyQed(source.guestBytes, geometry);
  const cluster = BigInt(geometry.clusterBytes);
  const entries = BigInt(geometry.tableEntries);
  let clusters = 0n;
  let tables = 0n;
  /** Clusters and tables up to these are counted already. */
  let nextCluster = 0n;
  let nextTable = 0n;
  using walker = new ExtentWalker(source);
  for (let at = 0n, extent = walker.next(at); extent; extent = walker.next(at)) {
    at += extent.lengthBytes;
    if (extent.zero) continue;
    const first = greatest(extent.startBytes / cluster, nextCluster);
    nextCluster = greatest((at + cluster - 1n) / cluster, nextCluster);
    if (first === nextCluster) continue;
    clusters += nextCluster - first;
    const firstTable = greatest(first / entries, nextTable);
    nextTable = greatest((nextCluster - 1n) / entries + 1n, nextTable);
    tables += nextTable - firstTable;
  }
  return { required: required + tables * BigInt(geometry.tableBytes) + clusters * cluster, full };
}

function greatest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

import {
  DEFAULT_CLUSTER_BYTES,
  DEFAULT_TABLE_CLUSTERS,
  ENTRY_BYTES,
  MAX_CLUSTER_BYTES,
  MAX_TABLE_CLUSTERS,
  MIN_CLUSTER_BYTES,
  MIN_TABLE_CLUSTERS,
} from "./layout.ts";

/** The sizes that follow from `cluster_size` and `table_size`. */
export interface Geometry {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** log2 of {@linkcode Geometry.clusterBytes}. */
  readonly clusterBits: number;
  /** Clusters of a table. */
  readonly tableClusters: number;
  /** Bytes of a table. */
  readonly tableBytes: number;
  /** Entries of a table. */
  readonly tableEntries: number;
}

/** Derive the geometry from two sizes, which must be valid. */
export function deriveGeometry(
  clusterBytes: number = DEFAULT_CLUSTER_BYTES,
  tableClusters: number = DEFAULT_TABLE_CLUSTERS,
): Geometry {
  const tableBytes = clusterBytes * tableClusters;
  return {
    clusterBytes,
    clusterBits: Math.log2(clusterBytes),
    tableClusters,
    tableBytes,
    tableEntries: tableBytes / ENTRY_BYTES,
  };
}

/**
 * The largest image in bytes that the L1 table can map: entries^2 * cluster size (specification,
 * section Tables). May exceed 2^63.
 */
export function maxImageBytes(geometry: Geometry): bigint {
  const entries = BigInt(geometry.tableEntries);
  return entries * entries * BigInt(geometry.clusterBytes);
}

/** The number of clusters for `bytes` of the guest's disk, rounded up. */
export function clustersFor(geometry: Geometry, bytes: bigint): number {
  const clusterBytes = BigInt(geometry.clusterBytes);
  return Number((bytes + clusterBytes - 1n) / clusterBytes);
}

/** The rule that a cluster size must meet, or undefined if `bytes` meets it. */
export function clusterSizeRule(bytes: number): string | undefined {
  return isPowerOfTwoIn(bytes, MIN_CLUSTER_BYTES, MAX_CLUSTER_BYTES)
    ? undefined
    : `must be a power of two from ${MIN_CLUSTER_BYTES} to ${MAX_CLUSTER_BYTES}`;
}

/** The rule that a table size must meet, or undefined if `clusters` meets it. */
export function tableSizeRule(clusters: number): string | undefined {
  return isPowerOfTwoIn(clusters, MIN_TABLE_CLUSTERS, MAX_TABLE_CLUSTERS)
    ? undefined
    : `must be a power of two from ${MIN_TABLE_CLUSTERS} to ${MAX_TABLE_CLUSTERS}`;
}

function isPowerOfTwoIn(value: number, min: number, max: number): boolean {
  return value >= min && value <= max && Number.isInteger(Math.log2(value));
}

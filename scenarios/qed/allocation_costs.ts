import {
  createImage,
  MemoryStorage,
  openImage,
  type OrderingProfile,
  runSync,
  type SyncStorage,
  writeImage,
} from "../../lib/mod.ts";

/** The storage requests that filled an image. */
export interface AllocationCosts {
  /** Writes, of data and of metadata. */
  writes: number;
  /** Of these, writes of tables and the header. */
  metadataWrites: number;
  /** Flushes. */
  flushes: number;
}

/** How an image is filled. */
export interface FillOptions {
  /** The size of the guest's disk, in bytes: all of it is written. */
  readonly diskBytes: number;
  /** The order of writes. */
  readonly profile: OrderingProfile;
  /** Whether there is a backing file, an empty one. */
  readonly hasBacking: boolean;
}

const CLUSTER_BYTES = 65_536;

/** Fill an empty image of default sizes, a cluster at a time, and count the requests. */
export function allocationCosts({ diskBytes, profile, hasBacking }: FillOptions): AllocationCosts {
  const costs: AllocationCosts = { writes: 0, metadataWrites: 0, flushes: 0 };
  const storage = countingStorage(costs);
  const backing = hasBacking ? { backing: { name: "base.raw", isRaw: true } } : {};
  runSync(createImage({ imageBytes: diskBytes, ...backing }), [storage]);
  const image = runSync(openImage({ writable: true, profile }), [storage]);
  if (hasBacking) image.backing = { kind: "raw", file: 1, sizeBytes: 0 };
  Object.assign(costs, { writes: 0, metadataWrites: 0, flushes: 0 });
  const cluster = new Uint8Array(CLUSTER_BYTES).fill(1);
  for (let at = 0; at < diskBytes; at += CLUSTER_BYTES) {
    runSync(writeImage(image, at, cluster), [storage]);
  }
  return costs;
}

/** Storage that counts requests and keeps the tables and the size of the file, but no data. */
function countingStorage(costs: AllocationCosts): SyncStorage {
  const metadata = new MemoryStorage();
  let endBytes = 0;
  return {
    perform(request) {
      if (request.kind === "flush") costs.flushes++;
      if (request.kind === "size") return Math.max(endBytes, metadata.perform(request));
      if (request.kind !== "write") return metadata.perform(request);
      costs.writes++;
      endBytes = Math.max(endBytes, request.offsetBytes + request.bytes.length);
      if (request.label === "data") return request.bytes.length;
      costs.metadataWrites++;
      return metadata.perform(request);
    },
  };
}

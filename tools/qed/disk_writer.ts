import {
  createImage,
  type CreateOptions,
  openImage,
  UNORDERED,
  writeImage,
} from "../../lib/qed/mod.ts";
import { type FileStorage, passThrough, runSync } from "../../lib/storage/mod.ts";
import { resizeRaw } from "./resize_raw.ts";

/** The unit in which a raw file is filled, in bytes: the block size of file systems. */
const RAW_UNIT_BYTES = 4096;

/** A way to fill a new file, and what is to be done at the end. */
export interface DiskWriter {
  /** The allocation unit, in bytes. */
  readonly unitBytes: number;
  /** Store bytes on the guest's disk, which reads as zeroes where nothing was stored. */
  readonly write: (offset: bigint, bytes: Uint8Array) => void;
  /** Finish the disk; making the file durable is for the caller. */
  readonly close: () => void;
}

/**
 * Fills a new QED image. Nobody sees it before it is complete: no order is kept, nothing is marked
 * that closing would have to clear, and one flush makes it durable.
 */
export function qedWriter(storage: FileStorage, options: CreateOptions): DiskWriter {
  const files = [storage];
  runSync(createImage(options), files);
  const { layout } = options;
  const image = runSync(
    openImage({ writable: true, profile: UNORDERED, ...(layout && { layout }) }),
    files,
  );
  return {
    unitBytes: image.geometry.clusterBytes,
    write: (offset, bytes) => runSync(writeImage(image, offset, bytes), files),
    close: () => {},
  };
}

/** Fills a new raw image. */
export function rawWriter(storage: FileStorage, guestBytes: bigint): DiskWriter {
  const files = [storage];
  resizeRaw(storage, guestBytes);
  return {
    unitBytes: RAW_UNIT_BYTES,
    write(offset, bytes) {
      const offsetBytes = Number(offset);
      runSync(passThrough({ kind: "write", file: 0, offsetBytes, bytes, label: "data" }), files);
    },
    close: () => {},
  };
}

import type { Request, SyncStorage } from "../lib/mod.ts";
import type { SparseDisk } from "../tools/qed/interop/sparse_disk_testing.ts";

/** A file of any size that can only be read: a request that would change it fails the test. */
export class SparseFile implements SyncStorage {
  /** What the file holds. */
  readonly contents: SparseDisk;

  /** A file with these contents. */
  constructor(contents: SparseDisk) {
    this.contents = contents;
  }

  /** Answer a read or the size. */
  perform(request: Request): number {
    const { sizeBytes } = this.contents;
    if (request.kind === "size") return sizeBytes;
    if (request.kind !== "read") throw new Error(`a ${request.kind} where nothing may be written`);
    const count = Math.min(request.into.length, Math.max(0, sizeBytes - request.offsetBytes));
    request.into.set(this.contents.read(request.offsetBytes, count));
    return count;
  }
}

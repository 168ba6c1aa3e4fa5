import type { FileSlot, FlushRequest, Label, Operation, Request } from "../../storage/request.ts";
import {
  type Access,
  type AccessRange,
  RangeLock,
  WHOLE_DISK,
  withRangeLock,
} from "../../storage/range_lock.ts";
import type { Buffers } from "../format/buffers.ts";
import { ImageError } from "../format/format_error.ts";
import { FreeClusters } from "./free_clusters.ts";
import type { Geometry } from "../format/geometry.ts";
import { assertInside } from "../format/guest_range.ts";
import { encodeHeader, type Header } from "../format/header.ts";
import type { L2Cache } from "./l2_cache.ts";
import { FEATURE } from "../format/layout.ts";
import type { OrderingProfile } from "../format/profile.ts";
import type { RepairFront } from "./repair_front.ts";
import type { Table } from "../format/table.ts";

/** The file from which an image reads clusters that it does not hold itself. */
export type BackingSource =
  | { readonly kind: "raw"; readonly file: FileSlot; readonly sizeBytes: number }
  | { readonly kind: "qed"; readonly image: QedImage };

/** A position on the guest's disk: a cluster and a byte in it. */
export interface GuestPosition {
  /** The index of the cluster. */
  readonly clusterIndex: number;
  /** Bytes from the start of that cluster. */
  readonly byteInCluster: number;
}

/** Bytes of the header's first sector, after the fields. */
export interface HeaderString {
  /** Their offset in the file, in bytes. */
  readonly offsetBytes: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/** The parts of a {@linkcode QedImage}, which `openImage` assembles. */
export interface ImageParts {
  /** The slot of the file. */
  readonly file: FileSlot;
  /** The header as read. */
  readonly header: Header;
  /** The first sector of the file, which updates of the header write back. */
  readonly headerSector: Uint8Array;
  /** The backing file's name, if there is one. */
  readonly backingName: string | undefined;
  /** Whether the backing file is raw and must not be probed. */
  readonly backingIsRaw: boolean;
  /** The ordering profile. */
  readonly profile: OrderingProfile;
  /** Whether the image takes writes. */
  readonly writable: boolean;
  /** The size of the file in bytes. */
  readonly fileBytes: number;
  /** The L1 table, not read yet. */
  readonly l1: Table;
  /** An empty cache. */
  readonly l2Cache: L2Cache;
  /** The allocator of memory. */
  readonly buffers: Buffers;
}

/**
 * An open image: the header, the L1 table, a cache of L2 tables, and the end of the file. It holds
 * no file itself; operations on it yield requests for {@linkcode QedImage.file}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, QedImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * assertEquals(image instanceof QedImage, true);
 * assertEquals([image.imageBytes, image.geometry.clusterBytes], [2n ** 30n, 65536]);
 * assertEquals(image.needsCheck, false);
 * ```
 */
export class QedImage {
  /** The slot of the file that holds this image. */
  readonly file: FileSlot;
  /** Cluster and table sizes. */
  readonly geometry: Geometry;
  /** The name of the backing file as stored in the header, or undefined. */
  backingName: string | undefined;
  /** Whether the header says that the backing file is raw and must not be probed. */
  backingIsRaw: boolean;
  /** The order in which writes become durable. */
  readonly profile: OrderingProfile;
  /** Whether it was opened for writing. */
  readonly writable: boolean;
  /**
   * The L1 table.
   *
   * @internal
   */
  readonly l1: Table;
  /**
   * Recently used L2 tables.
   *
   * @internal
   */
  readonly l2Cache: L2Cache;
  /** Where memory comes from. */
  readonly buffers: Buffers;
  /** The open backing file, once the caller has attached it. */
  backing: BackingSource | undefined;
  /** Whether reading copies clusters of the backing file into the image, if it is writable. */
  copiesOnRead = false;
  /** The offset of the next new cluster, in bytes: the end of the file in whole clusters. */
  endBytes: number;
  /** Whether a partial cluster follows {@linkcode QedImage.endBytes} in the file. */
  hasTornTail: boolean;
  /**
   * The number of changes of L2 tables on disk. A table whose read overlapped one is read again.
   */
  tableChanges = 0;
  /** Whether the image was dirty when it was opened and has not been repaired since. */
  isUnchecked = false;
  /**
   * The progress of a running repair; undefined if there is none.
   *
   * @internal
   */
  repairFront: RepairFront | undefined;
  /**
   * Clusters that were freed since the image was opened.
   *
   * @internal
   */
  readonly free: FreeClusters = new FreeClusters();
  /** The first failure after which the state on disk is unknown; no writes are taken after it. */
  failure: Error | undefined;

  #header: Header;
  /** Whether NEED_CHECK is set, cached because it is read often. */
  #needsCheck: boolean;
  readonly #headerSector: Uint8Array;
  readonly #ranges = new RangeLock();
  readonly #allocation = new RangeLock();

  /**
   * Use `openImage`.
   *
   * @internal
   */
  constructor(parts: ImageParts) {
    this.file = parts.file;
    this.#header = parts.header;
    this.#needsCheck = isMarked(parts.header);
    this.#headerSector = parts.headerSector;
    this.geometry = parts.header.geometry;
    this.backingName = parts.backingName;
    this.backingIsRaw = parts.backingIsRaw;
    this.profile = parts.profile;
    this.writable = parts.writable;
    this.l1 = parts.l1;
    this.l2Cache = parts.l2Cache;
    this.buffers = parts.buffers;

    const { clusterBytes } = this.geometry;
    const wholeClusters = parts.fileBytes / clusterBytes;
    const roundsUp = parts.profile.partialTail === "round-up";
    this.endBytes = (roundsUp ? Math.ceil : Math.floor)(wholeClusters) * clusterBytes;
    this.hasTornTail = !Number.isInteger(wholeClusters);
  }

  /** The header on disk. */
  get header(): Header {
    return this.#header;
  }

  /** The size of the guest's disk, in bytes. */
  get imageBytes(): bigint {
    return this.#header.imageBytes;
  }

  /** Bytes before the first regular cluster. */
  get headerBytes(): number {
    return this.#header.headerClusters * this.geometry.clusterBytes;
  }

  /** Whether NEED_CHECK is set. */
  get needsCheck(): boolean {
    return this.#needsCheck;
  }

  /**
   * Run `work` with a range of the guest's disk locked: earlier operations that overlap it have
   * ended, later ones wait. Locks to `read` do not exclude each other.
   */
  withRangeLock<T>(
    range: AccessRange,
    intent: "read" | "change",
    work: Operation<T>,
  ): Operation<T> {
    return withRangeLock(this.#ranges, { range, intent }, work);
  }

  /**
   * The first half of {@linkcode QedImage.withRangeLock}, for operations that must be fast. The
   * caller waits for the access and, in any case, calls {@linkcode QedImage.unlockRange}.
   *
   * @internal
   */
  lockRange(range: AccessRange, intent: "read" | "change"): Access {
    return this.#ranges.enter(range, intent);
  }

  /**
   * The second half of {@linkcode QedImage.withRangeLock}.
   *
   * @internal
   */
  unlockRange(access: Access): void {
    this.#ranges.leave(access);
  }

  /**
   * Run `work` with several ranges locked, which must not overlap. All are locked at once, so that
   * two such operations cannot deadlock.
   */
  *withRangeLocks<T>(
    ranges: readonly AccessRange[],
    intent: "read" | "change",
    work: Operation<T>,
  ): Operation<T> {
    const accesses = ranges.map((range) => this.#ranges.enter(range, intent));
    try {
      for (const turn of accesses) {
        if (!turn.isReady) yield { kind: "wait", turn, label: "overlapping request" };
      }
      return yield* work;
    } finally {
      for (const access of accesses) this.#ranges.leave(access);
    }
  }

  /**
   * Run `work` as the only operation that changes tables, allocates or frees clusters. Ranges of
   * the guest's disk must be locked before.
   */
  *withAllocationLock<T>(work: Operation<T>): Operation<T> {
    const turn = this.#allocation.enter(WHOLE_DISK, "change");
    try {
      if (!turn.isReady) yield { kind: "wait", turn, label: "turn to allocate" };
      return yield* work;
    } finally {
      this.#allocation.leave(turn);
    }
  }

  /**
   * The position of `offset` on the guest's disk. Throws {@linkcode ImageError} for a range outside
   * it.
   */
  locate(offset: number | bigint, lengthBytes: number): GuestPosition {
    assertInside(offset, lengthBytes, this.imageBytes);
    const { clusterBytes, clusterBits } = this.geometry;
    if (typeof offset === "number") {
      const clusterIndex = Math.floor(offset / clusterBytes);
      return { clusterIndex, byteInCluster: offset - clusterIndex * clusterBytes };
    }
    return {
      clusterIndex: Number(offset >> BigInt(clusterBits)),
      byteInCluster: Number(offset & BigInt(clusterBytes - 1)),
    };
  }

  /** Throws {@linkcode ImageError} unless the image takes writes. */
  assertWritable(): void {
    if (!this.writable) throw new ImageError("the image was opened read-only");
    if (this.failure) {
      throw new ImageError(
        `the image takes no more writes after a failure (${this.failure.message}); ` +
          "open it again to repair it",
        { cause: this.failure },
      );
    }
  }

  /**
   * Whether `clusterCount` clusters can be at `offsetBytes`: aligned, after the header, in the
   * file.
   */
  isValidOffset(offsetBytes: number, clusterCount: number): boolean {
    const { clusterBytes } = this.geometry;
    return offsetBytes % clusterBytes === 0 && offsetBytes >= this.headerBytes &&
      offsetBytes + clusterCount * clusterBytes <= this.endBytes;
  }

  /**
   * Allocate `clusterCount` clusters at the end of the file, without a write; returns their offset.
   */
  allocateClusters(clusterCount: number): number {
    const offsetBytes = this.endBytes;
    this.endBytes += clusterCount * this.geometry.clusterBytes;
    return offsetBytes;
  }

  /**
   * Perform a request whose failure leaves the state on disk unknown: after a failure the image
   * takes no writes and keeps NEED_CHECK, so that the next opening repairs it.
   */
  *requestOrFail(request: Request): Operation<number> {
    try {
      return yield request;
    } catch (error) {
      this.failure ??= error as Error;
      throw error;
    }
  }

  /** Flush the file; `label` is the purpose. */
  *flush(label: Label): Operation<void> {
    const request: FlushRequest = { kind: "flush", file: this.file, scope: "data", label };
    const freed = this.free.coveredByFlush();
    yield* this.requestOrFail(request);
    if (freed) this.free.settle(freed);
  }

  /** Change header fields and write the first sector back; the bytes after the fields stay. */
  updateHeader(change: Partial<Header>): Operation<void> {
    return this.replaceHeader({ ...this.#header, ...change });
  }

  /**
   * Replace the header, with `strings` after its fields in the same sector, by one write: a crash
   * leaves the old header or the new one.
   */
  *replaceHeader(header: Header, strings: readonly HeaderString[] = []): Operation<void> {
    this.#header = header;
    this.#needsCheck = isMarked(header);
    for (const { offsetBytes, bytes } of strings) this.#headerSector.set(bytes, offsetBytes);
    encodeHeader(this.#header, this.#headerSector);
    yield* this.requestOrFail({
      kind: "write",
      file: this.file,
      offsetBytes: 0,
      bytes: this.#headerSector,
      label: "header",
    });
  }
}

/** Whether a header has NEED_CHECK set. */
function isMarked({ layout, features }: Header): boolean {
  return layout === "final" && (features & FEATURE.NEED_CHECK) !== 0n;
}

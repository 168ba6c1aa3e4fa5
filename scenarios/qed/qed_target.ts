import type {
  GuestRange,
  IndependenceHints,
  Inspection,
  Refusal,
  Target,
} from "../../harness/advanced.ts";
import {
  type BackingSource,
  BufferPool,
  checkImage,
  FormatError,
  ImageError,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  type QedImage,
  readImage,
  StorageError,
  type SyncStorage,
  writeImage,
} from "../../lib/mod.ts";
import { Digest } from "../../lib/storage/digest.ts";
import { describeQedWrite } from "./describe_qed_write.ts";

const ENTRY_BYTES = 8;
/** The size of a disk is a multiple of this. */
const SECTOR_BYTES = 512n;

/** The QED driver under test. */
export interface QedTargetOptions {
  /** The ordering profile that recovery and later writes use. */
  readonly profile: OrderingProfile;
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** The backing file, if there is one. */
  readonly backing?: OpenedBacking;
  /** The names that the header may have for it, undefined for none; any if not given. */
  readonly backingNames?: readonly (string | undefined)[];
  /** Guest ranges to write after recovery; unallocated in the workload. */
  readonly postRecoveryWrites?: readonly GuestRange[];
}

/** An open backing file: the source that the image reads from, and the files from slot 1 on. */
export interface OpenedBacking {
  readonly source: BackingSource;
  readonly files: readonly SyncStorage[];
}

/** Our QED driver as a {@linkcode Target}: recovery is opening read-write. */
export function qedTarget(options: QedTargetOptions): Target<QedImage> {
  const buffers = new BufferPool();
  const { profile, backing } = options;
  return {
    name: `qed (${profile.name})`,
    dataLabels: new Set(["data", "backing"]),
    allocationUnitBytes: options.clusterBytes,
    otherFiles: backing?.files ?? [],
    postRecoveryWrites: options.postRecoveryWrites ?? [],
    beforeEachState: () => buffers.recycle(),
    *recover() {
      const image = yield* openImage({ writable: true, profile, buffers });
      if (backing && image.backingName !== undefined) image.backing = backing.source;
      return image;
    },
    inspect: (image) => inspect(image, options.backingNames),
    read: readGuest,
    write: writeImage,
    fingerprint,
    independence: claimsOf(options.clusterBytes),
    describeWrite: describeQedWrite,
    refusal,
  };
}

/**
 * How sectors of L2 tables depend on each other: an entry refers to a cluster of the file, to which
 * another entry may refer too, or which may hold a table. Beyond that, only the entry itself and the
 * size of the file decide whether it is valid.
 */
function claimsOf(clusterBytes: number): IndependenceHints {
  return {
    labels: new Set(["l2-table"]),
    placeOf: (offsetBytes) => Math.floor(offsetBytes / clusterBytes),
    refersTo(sector) {
      const words = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
      const clusters = new Set<number>();
      for (let at = 0; at < sector.byteLength; at += ENTRY_BYTES) {
        const entry = words.getUint32(at + 4, true) * 2 ** 32 + words.getUint32(at, true);
        // Smaller values are no offsets.
        if (entry >= clusterBytes) clusters.add(Math.floor(entry / clusterBytes));
      }
      return clusters;
    },
  };
}

/** A digest of the state of an image: header, end of the file, and tables. */
function fingerprint(image: QedImage): string {
  const { endBytes, hasTornTail, header, l1, l2Cache, geometry, backingName } = image;
  const digest = new Digest();
  l1.digestInto(digest);
  for (let i = l1.nextUsed(0); i < geometry.tableEntries; i = l1.nextUsed(i + 1)) {
    const table = l2Cache.peek(l1.entry(i));
    digest.mix(i);
    table?.digestInto(digest);
  }
  const { layout, features, imageBytes, l1TableOffsetBytes } = header;
  digest.mix(endBytes);
  digest.mix(l1TableOffsetBytes);
  digest.mix(Number(features));
  digest.mix(Number(imageBytes / SECTOR_BYTES));
  digest.mix((hasTornTail ? 1 : 0) + (layout === "final" ? 2 : 0));
  return `${digest}${backingName ?? ""}`;
}

/** The refusal that an error of our driver stands for; undefined for any other error. */
export function refusal(error: unknown): Refusal | undefined {
  if (error instanceof FormatError) {
    return { subject: `${error.field} is invalid`, detail: error.message };
  }
  if (error instanceof ImageError) return { subject: error.message, detail: error.message };
  // A driver that does not check offsets may send a request out of bounds.
  if (error instanceof StorageError && error.code === "EINVAL") {
    return { subject: "a request out of bounds", detail: error.message };
  }
  return undefined;
}

/** A raw backing file held in memory. */
export function memoryBacking(contents: Uint8Array): OpenedBacking {
  return {
    source: { kind: "raw", file: 1, sizeBytes: contents.length },
    files: [new MemoryStorage(contents)],
  };
}

/** Read the guest's data; zeroes past the end of its disk, which may not have grown yet. */
function* readGuest(image: QedImage, offsetBytes: number, into: Uint8Array): Operation<void> {
  const thereBytes = Number(image.imageBytes) - offsetBytes;
  if (thereBytes >= into.length) return yield* readImage(image, offsetBytes, into);
  const there = into.subarray(0, Math.max(0, thereBytes));
  if (there.length > 0) yield* readImage(image, offsetBytes, there);
  into.fill(0, there.length);
}

function* inspect(
  image: QedImage,
  backingNames: QedTargetOptions["backingNames"],
): Operation<Inspection> {
  const result = yield* checkImage(image);
  const problems = result.problems.map((problem) => `${problem.entry} is ${problem.kind}`);
  if (backingNames) {
    const { backingName, backingIsRaw } = image;
    if (!backingNames.includes(backingName)) problems.push(`the backing file is ${backingName}`);
    if (backingIsRaw !== (backingName !== undefined)) problems.push("it is not known to be raw");
  }
  if (image.header.autoclearFeatures !== 0n) problems.push("unknown autoclear bits are still set");
  if (image.needsCheck) problems.push("NEED_CHECK is still set");
  return { problems, leakedBytes: result.leaks * image.geometry.clusterBytes };
}

import type { GuestRange, Inspection, Refusal, Target } from "../../harness/mod.ts";
import {
  type BackingSource,
  BufferPool,
  checkImage,
  FormatError,
  type QedImage,
  ImageError,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  readImage,
  type SyncStorage,
  writeImage,
} from "../../lib/mod.ts";

/** What the QED under test is like. */
export interface QedTargetOptions {
  /** The ordering profile that recovery and later writes use. */
  readonly profile: OrderingProfile;
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** The backing file, if there is one. */
  readonly backing?: OpenedBacking;
  /** Guest ranges to write after recovery; unallocated in the workload. */
  readonly probes?: readonly GuestRange[];
}

/** A backing file that is open: what the image reads from, and the files behind it from slot 1. */
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
    opaqueLabels: new Set(["data", "backing"]),
    granularityBytes: options.clusterBytes,
    otherFiles: backing?.files ?? [],
    probes: options.probes ?? [],
    recycle: () => buffers.recycle(),
    *recover() {
      const image = yield* openImage({ writable: true, profile, buffers });
      if (backing) image.backing = backing.source;
      return image;
    },
    inspect,
    read: readImage,
    write: writeImage,
    fingerprint,
    refusal,
  };
}

/** What an image remembers: flags, where the next cluster goes, and the tables. */
function fingerprint(image: QedImage): string {
  const { endBytes, hasTornTail, header, l1, geometry } = image;
  const tables = [l1.digest()];
  for (let i = l1.nextUsed(0); i < geometry.tableEntries; i = l1.nextUsed(i + 1)) {
    tables.push(image.l2Cache.peek(l1.entry(i))?.digest() ?? "-");
  }
  return `${endBytes},${hasTornTail},${header.features},${tables.join()}`;
}

function refusal(error: unknown): Refusal | undefined {
  if (error instanceof FormatError) {
    return { subject: `${error.field} is invalid`, detail: error.message };
  }
  if (error instanceof ImageError) return { subject: error.message, detail: error.message };
  return undefined;
}

/** A raw backing file held in memory. */
export function memoryBacking(contents: Uint8Array): OpenedBacking {
  return {
    source: { kind: "raw", file: 1, sizeBytes: contents.length },
    files: [new MemoryStorage(contents)],
  };
}

function* inspect(image: QedImage): Operation<Inspection> {
  const result = yield* checkImage(image);
  const problems = result.problems.map((problem) => `${problem.entry} is ${problem.kind}`);
  if (image.needsCheck) problems.push("NEED_CHECK is still set");
  return { problems, leakedBytes: result.leaks * image.geometry.clusterBytes };
}

import type { DiskShape, GuestRange, Subject } from "../../harness/mod.ts";
import type { Filter, HeaderLayout, OrderingProfile } from "../../lib/mod.ts";
import { qedSubject } from "./qed_subject.ts";
import { CLUSTER, PER_L2_TABLE } from "./sizes.ts";
import { patternBytes, write } from "./workload.ts";

/** Which images of QED a sweep is about. */
export interface QedSweepOptions {
  /** The ordering profile of the driver. */
  readonly profile: OrderingProfile;
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
  /** A raw backing file: none if not given, one that ends early, or one that is longer than the disk. */
  readonly backing?: "short" | "long";
  /** Bytes of an unfinished cluster at the end of the file; 0 if not given. */
  readonly tornTailBytes?: number;
  /** Makes filters that nothing went through yet: planted bugs. */
  readonly filters?: () => readonly Filter[];
}

/** Clusters that are written before a workload begins. */
const WRITTEN_BYTES = 2 * CLUSTER;
/** Two L2 tables, of the second one not all. In the rfc layout a disk ends with a cluster. */
const SIZE_BYTES = PER_L2_TABLE + 40 * CLUSTER;

/** What is under the written clusters and behind them, to the middle of a cluster. */
const SHORT_BACKING = patternBytes(7, 0, 4 * CLUSTER + 1024);
/** The same, then nothing, and again something where the disk ends and behind it. */
const LONG_BACKING = longBacking();
const BACKINGS = { short: SHORT_BACKING, long: LONG_BACKING } as const;

function longBacking(): Uint8Array {
  const end = patternBytes(8, SIZE_BYTES, 3 * CLUSTER + 1024);
  const bytes = new Uint8Array(SIZE_BYTES + end.length);
  bytes.set(SHORT_BACKING);
  bytes.set(end, SIZE_BYTES);
  return bytes;
}

/** What no workload writes: in the first table, and in the second, which there need not be. */
const POST_RECOVERY_WRITES: readonly GuestRange[] = [
  { offsetBytes: 100 * CLUSTER, lengthBytes: 512 },
  { offsetBytes: PER_L2_TABLE + 20 * CLUSTER, lengthBytes: 512 },
];

/** Of these, an image in the rfc layout can't grow where that would have to hide a backing file. */
const KINDS = ["write", "zero", "discard", "flush", "grow", "reopen", "snapshot"] as const;

/** Our driver on a small image, and what is to be known to make workloads for it. */
export function qedSweep(options: QedSweepOptions): { subject: Subject; shape: DiskShape } {
  const { profile, layout = "final", backing, tornTailBytes, filters } = options;
  const isRfc = layout === "rfc";
  const sizeBytes = SIZE_BYTES + (isRfc ? 0 : 512);
  const variant = [
    profile.name,
    ...(isRfc ? ["rfc layout"] : []),
    ...(backing ? [`${backing} backing file`] : []),
  ];
  const subject = qedSubject({
    name: `qed (${variant.join(", ")})`,
    profile,
    layout,
    clusterBytes: CLUSTER,
    imageBytes: sizeBytes,
    prepared: [write(0, WRITTEN_BYTES)],
    postRecoveryWrites: POST_RECOVERY_WRITES,
    ...(backing && { backing: BACKINGS[backing] }),
    ...(tornTailBytes !== undefined && { tornTailBytes }),
    ...(filters && { filters }),
  });
  const shape: DiskShape = {
    sizeBytes,
    allocationUnitBytes: CLUSTER,
    tableBytes: PER_L2_TABLE,
    alignmentBytes: 1,
    sizeStepBytes: isRfc ? CLUSTER : 512,
    written: [{ offsetBytes: 0, lengthBytes: WRITTEN_BYTES }],
    kinds: new Set(KINDS.filter((kind) => kind !== "grow" || !(isRfc && backing === "long"))),
  };
  return { subject, shape };
}

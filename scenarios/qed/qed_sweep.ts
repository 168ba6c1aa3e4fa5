import type { DiskShape, GuestRange, Subject } from "../../harness/advanced.ts";
import type { Filter, HeaderLayout, OrderingProfile } from "../../lib/mod.ts";
import { qedSubject } from "./qed_subject.ts";
import { CLUSTER, PER_L2_TABLE } from "./sizes.ts";
import { patternBytes } from "./pattern_bytes.ts";
import { write } from "./workload.ts";

/** The images of QED that a sweep runs on. */
export interface QedSweepOptions {
  /** The ordering profile of the driver. */
  readonly profile: OrderingProfile;
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
  /** A raw backing file: none if not given, one that ends early, or one that is longer than the disk. */
  readonly backing?: "short" | "long";
  /** Bytes of an unfinished cluster at the end of the file; 0 if not given. */
  readonly tornTailBytes?: number;
  /** Makes the filters of a mutant, with fresh state. */
  readonly filters?: () => readonly Filter[];
}

/** Bytes that are written before a workload begins. */
const WRITTEN_BYTES = 2 * CLUSTER;
/** One L2 table and a part of a second. In the rfc layout a disk ends with a cluster. */
const SIZE_BYTES = PER_L2_TABLE + 40 * CLUSTER;

/** Covers the written clusters and more, to the middle of a cluster. */
const SHORT_BACKING = patternBytes(7, 0, 4 * CLUSTER + 1024);
/** The same, then zeroes, then data around the end of the disk and past it. */
const LONG_BACKING = longBacking();
const BACKINGS = { short: SHORT_BACKING, long: LONG_BACKING } as const;

function longBacking(): Uint8Array {
  const end = patternBytes(8, SIZE_BYTES, 3 * CLUSTER + 1024);
  const bytes = new Uint8Array(SIZE_BYTES + end.length);
  bytes.set(SHORT_BACKING);
  bytes.set(end, SIZE_BYTES);
  return bytes;
}

/** Ranges that no workload writes: one of the first table, one of the second, which may be absent. */
const UNWRITTEN: readonly GuestRange[] = [
  { offsetBytes: 100 * CLUSTER, lengthBytes: 512 },
  { offsetBytes: PER_L2_TABLE + 20 * CLUSTER, lengthBytes: 512 },
];

/** An image in the rfc layout cannot grow where the growth would have to hide a backing file. */
const KINDS = ["write", "zero", "discard", "flush", "grow", "reopen", "snapshot"] as const;

/** Our driver on a small image, and the shape of the workloads for it. */
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
    postRecoveryWrites: UNWRITTEN,
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

import type { DriverFormat } from "./formats.ts";

/** A request of a guest; offsets and lengths in bytes, multiples of 512. */
export type DriverStep =
  | {
    readonly kind: "write";
    readonly offsetBytes: number;
    readonly lengthBytes: number;
    /** The value of every byte. */
    readonly pattern: number;
  }
  | { readonly kind: "zero"; readonly offsetBytes: number; readonly lengthBytes: number }
  | { readonly kind: "discard"; readonly offsetBytes: number; readonly lengthBytes: number }
  | { readonly kind: "flush" };

/** A write after a crash to a place that no step writes to: it must not change anything else. */
export interface Probe {
  /** Where, in bytes. */
  readonly offsetBytes: number;
  /** The value of every byte that is written there; no step writes the same. */
  readonly pattern: number;
}

/** A guest at work. */
export interface DriverWorkload {
  /** For reports. */
  readonly name: string;
  /** The contents of a backing file; no backing file if not given. */
  readonly backing?: readonly DriverStep[];
  /** Whether a snapshot is taken inside the image before the log begins. */
  readonly hasSnapshot?: boolean;
  /** The steps before the log begins, durable by then. */
  readonly prepared: readonly DriverStep[];
  /** The steps that are recorded. */
  readonly steps: readonly DriverStep[];
  /** The writes after a crash, which must not change anything else. */
  readonly probes: readonly Probe[];
}

/** The guest's disk, in bytes. */
export const GUEST_BYTES = 64 * 2 ** 20;
const KIB = 1024;
const MIB = 1024 * KIB;

/** How much a probe writes, in bytes. */
export const PROBE_BYTES = 4 * KIB;

/** Probes at these places. */
export function probesAt(offsets: readonly number[]): readonly Probe[] {
  return offsets.map((offsetBytes, i) => ({ offsetBytes, pattern: 0xf0 + i }));
}

const PROBES = probesAt([12 * MIB, 13 * MIB, 50 * MIB]);

const FLUSH: DriverStep = { kind: "flush" };

/** Each write has a pattern of its own, so that whatever is read says where it comes from. */
function patterns(): (offsetBytes: number, lengthBytes: number) => DriverStep {
  let next = 0x10;
  return (offsetBytes, lengthBytes) => ({
    kind: "write",
    offsetBytes,
    lengthBytes,
    pattern: next++,
  });
}

function workload(
  name: string,
  make: (
    write: (offsetBytes: number, lengthBytes: number) => DriverStep,
  ) => Omit<DriverWorkload, "name" | "probes">,
): DriverWorkload {
  return { name, probes: PROBES, ...make(patterns()) };
}

/** Guests that do what drivers have to order: take space, take tables for it, overwrite, give space up. */
export const WORKLOADS: readonly DriverWorkload[] = [
  workload("allocate", (write) => ({
    prepared: [write(0, 4 * KIB), FLUSH],
    steps: [
      write(1 * MIB, 4 * KIB),
      FLUSH,
      write(2 * MIB, 4 * KIB),
      write(9 * MIB, 4 * KIB),
      FLUSH,
      write(2 * MIB, 4 * KIB),
      write(33 * MIB, 4 * KIB),
    ],
  })),
  workload("reuse", (write) => ({
    prepared: [write(0, 4 * KIB), write(3 * MIB, 64 * KIB), FLUSH],
    steps: [
      { kind: "discard", offsetBytes: 3 * MIB, lengthBytes: 64 * KIB },
      write(5 * MIB, 4 * KIB),
      FLUSH,
      { kind: "zero", offsetBytes: 0, lengthBytes: 4 * KIB },
      FLUSH,
      write(0, 4 * KIB),
      FLUSH,
    ],
  })),
  workload("backing", (write) => ({
    backing: [write(1 * MIB, 64 * KIB), write(9 * MIB, 64 * KIB)],
    prepared: [write(1 * MIB, 512), FLUSH],
    steps: [
      write(1 * MIB + 8 * KIB + 512, 512),
      FLUSH,
      write(9 * MIB + 512, 1024),
      { kind: "zero", offsetBytes: 1 * MIB, lengthBytes: 4 * KIB },
      FLUSH,
      write(9 * MIB + 16 * KIB, 4 * KIB),
    ],
  })),
  workload("snapshot", (write) => ({
    hasSnapshot: true,
    prepared: [write(0, 4 * KIB), write(3 * MIB, 8 * KIB), FLUSH],
    steps: [
      write(512, 512),
      FLUSH,
      write(3 * MIB, 4 * KIB),
      { kind: "discard", offsetBytes: 3 * MIB + 4 * KIB, lengthBytes: 4 * KIB },
      write(5 * MIB, 4 * KIB),
      FLUSH,
    ],
  })),
];

/** The workloads that make sense for a format. */
export function workloadsFor({ canBack, canSnapshot }: DriverFormat): readonly DriverWorkload[] {
  return WORKLOADS.filter(({ backing, hasSnapshot }) =>
    (canBack || !backing) && (canSnapshot || !hasSnapshot)
  );
}

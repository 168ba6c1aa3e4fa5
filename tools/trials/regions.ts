import { Buffer } from "node:buffer";
import type { ByteSource } from "../../harness/advanced.ts";
import { type DriverStep, type DriverWorkload, GUEST_BYTES } from "./workloads.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** A range of the guest's disk that each request wrote as a whole or not at all. */
export interface Region {
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** How long it is, in bytes. */
  readonly lengthBytes: number;
  /** The values of a byte that it holds, at one time or another. */
  readonly patterns: ReadonlySet<number>;
}

/** The value of every byte that a step writes; undefined for a step that writes nothing. */
export function patternOf(step: DriverStep): number | undefined {
  if (step.kind === "flush") return undefined;
  return step.kind === "write" ? step.pattern : 0;
}

/** The regions of a workload, ascending. */
export function regionsOf({ backing = [], prepared, steps }: DriverWorkload): readonly Region[] {
  const writes = [...backing, ...prepared, ...steps].filter((step) => step.kind !== "flush");
  const edges = writes.flatMap(({ offsetBytes, lengthBytes }) => [
    offsetBytes,
    offsetBytes + lengthBytes,
  ]);
  const sorted = [...new Set(edges)].sort((a, b) => a - b);
  return sorted.slice(0, -1).flatMap((offsetBytes, i) => {
    const lengthBytes = sorted[i + 1] - offsetBytes;
    const here = writes.filter((step) =>
      step.offsetBytes <= offsetBytes && step.offsetBytes + step.lengthBytes > offsetBytes
    );
    if (here.length === 0) return [];
    const patterns = new Set([0, ...here.map((step) => patternOf(step)!)]);
    return [{ offsetBytes, lengthBytes, patterns }];
  });
}

/** The guest's disk when the log begins. */
export function guestBase({ backing = [], prepared }: DriverWorkload): ByteSource {
  return {
    sizeBytes: GUEST_BYTES,
    read(offsetBytes, into) {
      into.fill(0);
      for (const step of [...backing, ...prepared]) {
        const pattern = patternOf(step);
        if (step.kind === "flush" || pattern === undefined) continue;
        const from = Math.max(0, step.offsetBytes - offsetBytes);
        const to = Math.min(into.length, step.offsetBytes + step.lengthBytes - offsetBytes);
        if (from < to) into.fill(pattern, from, to);
      }
    },
  };
}

/** Bytes that are the same value all over; undefined if they are not. */
export function uniform(bytes: Uint8Array): number | undefined {
  // All bytes are the same if each is the one before it: the system compares much faster than a loop.
  const isUniform = Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
  return isUniform ? bytes[0] : undefined;
}

/** Each sector of a region: its number on the guest's disk, and where it starts in the region, in bytes. */
export function* sectorsOf(region: Region): Generator<[sector: number, startBytes: number]> {
  for (let at = 0; at < region.lengthBytes; at += SECTOR_BYTES) {
    yield [(region.offsetBytes + at) / SECTOR_BYTES, at];
  }
}

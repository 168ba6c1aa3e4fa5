import type { FaultRun } from "../../harness/advanced.ts";
import {
  type Filter,
  FormatError,
  ImageError,
  type OrderingProfile,
  StorageError,
} from "../../lib/mod.ts";
import { memoryBacking, qedTarget } from "./qed_target.ts";
import type { Workload } from "./workload.ts";
import { WorkloadRun } from "./workload_run.ts";

/** A workload to run over faulty storage. */
export interface FaultyRunOptions {
  /** The workload. */
  readonly workload: Workload;
  /** The driver's ordering profile. */
  readonly profile: OrderingProfile;
  /** Filters between the driver and the recorder: those of a mutant. */
  readonly filters?: () => readonly Filter[];
}

/** Run a workload over storage with a fault; continue after each refused step. */
export function faultyRun(
  { workload, profile, filters = () => [] }: FaultyRunOptions,
  fault: Filter,
): FaultRun {
  const run = new WorkloadRun(workload, { profile, filters, faults: [fault] });
  let refusals = 0;
  const attempt = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusals++;
      return undefined;
    }
  };
  attempt(() => run.image);
  for (const step of workload.steps) attempt(() => run.perform(step));
  const { backing, clusterBytes } = workload;
  const seen = new Map<number, Uint8Array>();
  for (const cluster of clustersOf(workload)) {
    const bytes = attempt(() => run.read(cluster * clusterBytes, clusterBytes));
    if (bytes) seen.set(cluster, bytes);
  }
  const target = qedTarget({
    profile,
    clusterBytes,
    ...(backing && { backing: memoryBacking(backing) }),
  });
  return {
    log: run.log,
    target: target,
    guestBytes: workload.imageBytes,
    refusals,
    read: (offsetBytes, lengthBytes) => together(seen, clusterBytes, offsetBytes, lengthBytes),
  };
}

/** The clusters that a workload touches. */
function clustersOf({ steps, prepared = [], clusterBytes }: Workload): number[] {
  const clusters = new Set<number>();
  for (const step of [...prepared, ...steps]) {
    if (!("offsetBytes" in step)) continue;
    const end = Math.ceil((step.offsetBytes + step.lengthBytes) / clusterBytes);
    for (let i = Math.floor(step.offsetBytes / clusterBytes); i < end; i++) clusters.add(i);
  }
  return [...clusters];
}

/** The bytes of a range of whole clusters; undefined if a cluster could not be read. */
function together(
  seen: ReadonlyMap<number, Uint8Array>,
  clusterBytes: number,
  offsetBytes: number,
  lengthBytes: number,
): Uint8Array | undefined {
  const all = new Uint8Array(lengthBytes);
  for (let at = 0; at < lengthBytes; at += clusterBytes) {
    const bytes = seen.get((offsetBytes + at) / clusterBytes);
    if (!bytes) return undefined;
    all.set(bytes, at);
  }
  return all;
}

/** Whether an error reports a failure to the guest. */
function isRefusal(error: unknown): boolean {
  return error instanceof StorageError || error instanceof ImageError ||
    error instanceof FormatError;
}

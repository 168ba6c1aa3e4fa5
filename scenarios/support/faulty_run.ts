import type { FaultRun, Target } from "../../harness/mod.ts";
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

/** A workload that is run over storage with faults. */
export interface FaultyRunOptions {
  /** The workload. */
  readonly workload: Workload;
  /** The driver's ordering profile. */
  readonly profile: OrderingProfile;
  /** Filters between the driver and the recorder: planted bugs. */
  readonly filters?: () => readonly Filter[];
}

/** Run a workload over storage with a fault, and go on after whatever is refused. */
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
  const target = qedTarget({
    profile,
    clusterBytes,
    ...(backing && { backing: memoryBacking(backing) }),
  });
  return {
    log: run.log,
    target: target as Target,
    guestBytes: workload.imageBytes,
    refusals,
    read: (offsetBytes, lengthBytes) => attempt(() => run.read(offsetBytes, lengthBytes)),
  };
}

/** Whether the guest was told that something went wrong. */
function isRefusal(error: unknown): boolean {
  return error instanceof StorageError || error instanceof ImageError ||
    error instanceof FormatError;
}

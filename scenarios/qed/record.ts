import type { WriteLog } from "../../harness/advanced.ts";
import type { Filter, OrderingProfile } from "../../lib/mod.ts";
import type { Workload } from "./workload.ts";
import { WorkloadRun } from "./workload_run.ts";

/** How a workload is run. */
export interface RecordOptions {
  /** The ordering profile of the driver. */
  readonly profile: OrderingProfile;
  /** Filters between the driver and its storage: those of a mutant. */
  readonly filters?: readonly Filter[];
}

/**
 * Run a workload through the driver and record the requests that reach the file. The bytes of each
 * guest write name the write and its offset: see `patternBytes`.
 */
export function record(workload: Workload, options: RecordOptions): WriteLog {
  const run = new WorkloadRun(workload, {
    profile: options.profile,
    filters: () => options.filters ?? [],
  });
  for (const step of workload.steps) run.perform(step);
  return run.log;
}

import type { SweepCoverage } from "../../workload/sweep_result.ts";
import type { WorkloadOrigin } from "../../workload/workload_source.ts";

/**
 * The coverage of a sweep in words, including what was not run.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { coverageText } from "@powercut/powercut/harness/advanced";
 *
 * const origin = { kind: "exhaustive", length: 3, operations: 20 } as const;
 * assertEquals(
 *   coverageText({ origin, workloads: 5000 }),
 *   "exhaustive up to length 3 over 20 operations: 5000 workloads",
 * );
 * assertEquals(
 *   coverageText({ origin, workloads: 7, stopped: { by: "first finding", of: 5000 } }),
 *   "7 of 5000 workloads, stopped by the first finding; all would be: " +
 *     "every sequence up to length 3 over 20 operations",
 * );
 * ```
 */
export function coverageText({ origin, workloads, stopped }: SweepCoverage): string {
  if (stopped) {
    return `${workloads} of ${stopped.of} workloads, stopped by the ${stopped.by}; ` +
      `all would be: ${originText(origin)}`;
  }
  switch (origin.kind) {
    case "exhaustive":
      return `exhaustive up to length ${origin.length} over ${origin.operations} ` +
        `operations: ${workloads} workloads`;
    case "random":
      return `seeded random: ${workloads} workloads, seed ${origin.seed}, up to ` +
        `${origin.maxSteps} steps${origin.swarm ? ", swarm" : ""}`;
    case "given":
      return "one given workload";
  }
}

function originText(origin: WorkloadOrigin): string {
  switch (origin.kind) {
    case "exhaustive":
      return `every sequence up to length ${origin.length} over ` +
        `${origin.operations} operations`;
    case "random":
      return `random workloads of seed ${origin.seed}, up to ${origin.maxSteps} steps` +
        `${origin.swarm ? ", swarm" : ""}`;
    case "given":
      return "one given workload";
  }
}

/** Random guests of QED images, served by a driver that is correct, or by one with a planted bug. */
import fc from "fast-check";
import type { EngineCase } from "../../harness/testing/engine_agreement.ts";
import type { Preset, WriteLog } from "../../harness/mod.ts";
import { FormatError, ImageError, QEMU, RFC, STRICT } from "../../lib/mod.ts";
import { type Plant, PLANTED_BUGS, SEPARATE_FILL } from "../qed/planted_bugs.ts";
import { memoryBacking, qedTarget } from "../qed/qed_target.ts";
import { CLUSTER, DISK } from "../qed/sizes.ts";
import { record, type Step, type Workload } from "../qed/workload.ts";
import { POST_RECOVERY_WRITES, type WorkloadName, WORKLOADS } from "../qed/test_workloads.ts";

const CORRECT: readonly Plant[] = [STRICT, SEPARATE_FILL, QEMU, RFC]
  .map((profile) => ({ name: "correct", profile }));
/** What the random guests do too. The other bugs are in operations that none of them asks for. */
const GUEST_STEPS: readonly Step["kind"][] = [
  "write",
  "zero",
  "discard",
  "flush",
  "reopen",
  "close",
];
const GUEST_BUGS = PLANTED_BUGS.filter(({ foundOn }) =>
  Object.keys(foundOn).some((name) =>
    WORKLOADS[name as WorkloadName].steps.every(({ kind }) => GUEST_STEPS.includes(kind))
  )
);

/** Nothing planted, in each profile. */
export const NO_PLANT: fc.Arbitrary<Plant> = fc.constantFrom(...CORRECT);
/** A bug in what random guests do. */
export const GUEST_BUG: fc.Arbitrary<Plant> = fc.constantFrom<Plant>(...GUEST_BUGS);
/** Nothing planted, or more often a bug. */
export const ANY_PLANT: fc.Arbitrary<Plant> = fc.oneof(
  { weight: 1, arbitrary: NO_PLANT },
  { weight: 3, arbitrary: GUEST_BUG },
);

/** What is to be explored; undefined if a planted bug makes the driver refuse its own file. */
export function plantedCase(
  workload: Workload,
  plant: Plant,
  preset: Preset,
): EngineCase | undefined {
  const log = logOf(workload, plant);
  if (!log) return undefined;
  const { backing } = workload;
  const target = qedTarget({
    profile: plant.profile ?? STRICT,
    clusterBytes: CLUSTER,
    ...(backing && { backing: memoryBacking(backing) }),
    postRecoveryWrites: POST_RECOVERY_WRITES,
  });
  return { log, target, preset, guestBytes: DISK };
}

function logOf(workload: Workload, { plant, profile = STRICT }: Plant): WriteLog | undefined {
  try {
    return record(workload, { profile, ...(plant && { filters: [plant()] }) });
  } catch (error) {
    if (error instanceof FormatError || error instanceof ImageError) return undefined;
    throw error;
  }
}

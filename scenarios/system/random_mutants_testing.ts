/** Random guests of QED images, served by a correct driver or by a mutant. */
import fc from "fast-check";
import type { EngineCase } from "../../harness/testing/engine_agreement.ts";
import type { Preset, WriteLog } from "../../harness/advanced.ts";
import { FormatError, ImageError, QEMU, RFC, STRICT } from "../../lib/mod.ts";
import { type Mutant, SEPARATE_FILL } from "../qed/mutants/mutant.ts";
import { MUTANTS } from "../qed/mutants/mutants.ts";
import { memoryBacking, qedTarget } from "../qed/qed_target.ts";
import { CLUSTER, DISK } from "../qed/sizes.ts";
import { record } from "../qed/record.ts";
import type { Step, Workload } from "../qed/workload.ts";
import { UNWRITTEN, type WorkloadName, WORKLOADS } from "../qed/mutants/workloads.ts";

const CORRECT: readonly Mutant[] = [STRICT, SEPARATE_FILL, QEMU, RFC]
  .map((profile) => ({ name: "correct", profile }));
/** The steps of random guests; the other mutants differ in operations that no guest requests. */
const GUEST_STEPS: readonly Step["kind"][] = [
  "write",
  "zero",
  "discard",
  "flush",
  "reopen",
  "close",
];
const GUEST_MUTANTS = MUTANTS.filter(({ detectedOn }) =>
  Object.keys(detectedOn).some((name) =>
    WORKLOADS[name as WorkloadName].steps.every(({ kind }) => GUEST_STEPS.includes(kind))
  )
);

/** The correct driver, in each profile. */
export const NO_MUTANT: fc.Arbitrary<Mutant> = fc.constantFrom(...CORRECT);
/** A mutant of an operation that random guests request. */
export const GUEST_MUTANT: fc.Arbitrary<Mutant> = fc.constantFrom<Mutant>(...GUEST_MUTANTS);
/** The correct driver, or more often a mutant. */
export const ANY_MUTANT: fc.Arbitrary<Mutant> = fc.oneof(
  { weight: 1, arbitrary: NO_MUTANT },
  { weight: 3, arbitrary: GUEST_MUTANT },
);

/** The case of a workload; undefined if the mutant refuses its own file. */
export function mutantCase(
  workload: Workload,
  mutant: Mutant,
  preset: Preset,
): EngineCase | undefined {
  const log = logOf(workload, mutant);
  if (!log) return undefined;
  const { backing } = workload;
  const target = qedTarget({
    profile: mutant.profile ?? STRICT,
    clusterBytes: CLUSTER,
    ...(backing && { backing: memoryBacking(backing) }),
    postRecoveryWrites: UNWRITTEN,
  });
  return { log, target, preset, guestBytes: DISK };
}

function logOf(workload: Workload, { filter, profile = STRICT }: Mutant): WriteLog | undefined {
  try {
    return record(workload, { profile, ...(filter && { filters: [filter()] }) });
  } catch (error) {
    if (error instanceof FormatError || error instanceof ImageError) return undefined;
    throw error;
  }
}

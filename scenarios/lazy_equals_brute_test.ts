/** The two engines on QED itself: random small guests, profiles, presets and planted bugs. */
import { assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { assertEnginesAgree, bruteStates } from "../harness/engine/engine_agreement_testing.ts";
import { type Preset, PRESETS, SECTORS, type WriteLog } from "../harness/mod.ts";
import { seededTest } from "../lib/testing/seeds_testing.ts";
import { FormatError, ImageError, QEMU, RFC, STRICT } from "../lib/mod.ts";
import { type Plant, PLANTED_BUGS, SEPARATE_FILL } from "./planted_bugs_testing.ts";
import { workloads } from "./random_workload_testing.ts";
import { memoryBacking, qedTarget } from "./support/qed_target.ts";
import { CLUSTER, DISK } from "./support/sizes.ts";
import { record, type Step, type Workload } from "./support/workload.ts";
import { PROBES, type WorkloadName, WORKLOADS } from "./test_workloads_testing.ts";

/** Cases that are generated for each seed. */
const RUNS = 640;
/** A case with more states than this is left out; sectors have many soon. */
const mostStates = (preset: Preset) => preset.unit === 512 ? 1500n : 400n;
/** At least so many cases must be used, must fail, and must be clean, for each seed. */
const FEWEST_USED = 150;
const FEWEST_FAILING = 12;
const FEWEST_CLEAN = 50;
/** ... and under each preset so many must be used. */
const FEWEST_OF_EACH = 12;

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
const PLANT = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...CORRECT) },
  { weight: 3, arbitrary: fc.constantFrom<Plant>(...GUEST_BUGS) },
);

/** The log, or undefined if a planted bug makes the driver refuse its own file. */
function logOf(workload: Workload, { plant, profile = STRICT }: Plant): WriteLog | undefined {
  try {
    return record(workload, { profile, ...(plant && { filters: [plant()] }) });
  } catch (error) {
    if (error instanceof FormatError || error instanceof ImageError) return undefined;
    throw error;
  }
}

seededTest("lazy equals brute on QED", (seed) => {
  const count = { used: 0, failing: 0 };
  const used = new Map<string, number>();
  const presets = fc.constantFrom(...Object.values(PRESETS), SECTORS, SECTORS);
  fc.assert(
    fc.property(
      workloads({ mostSteps: 4, unaligned: true }),
      PLANT,
      presets,
      (workload, plant, preset) => {
        const log = logOf(workload, plant);
        if (!log || bruteStates(log, preset) > mostStates(preset)) return;
        const { backing } = workload;
        const target = qedTarget({
          profile: plant.profile ?? STRICT,
          clusterBytes: CLUSTER,
          ...(backing && { backing: memoryBacking(backing) }),
          probes: PROBES,
        });
        const { lazy } = assertEnginesAgree({ log, target, preset, guestBytes: DISK });
        count.used++;
        used.set(preset.name, (used.get(preset.name) ?? 0) + 1);
        if (lazy.verdict === "violation") count.failing++;
      },
    ),
    { seed, numRuns: RUNS },
  );
  assertGreaterOrEqual(count.used, FEWEST_USED, "cases used");
  assertGreaterOrEqual(count.failing, FEWEST_FAILING, "cases that fail");
  assertGreaterOrEqual(count.used - count.failing, FEWEST_CLEAN, "cases that are clean");
  for (const name of Object.keys(PRESETS)) {
    assertGreaterOrEqual(used.get(name) ?? 0, FEWEST_OF_EACH, `cases under ${name}`);
  }
});

import {
  checkState,
  CrashPoint,
  ExhaustiveChoices,
  neighbourCorruption,
  prepareContext,
  type Preset,
  RecordedChoices,
  type ReferenceContext,
  SECTORS,
  TORN_SECTOR,
  type Violation,
} from "../harness/advanced.ts";
import { RFC, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { type Case, type ExploredScenario, guestBytesOf, setUp } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { write } from "./qed/workload.ts";

const RADIUS_BYTES = CLUSTER;
/** One request allocates two clusters: two entries of one sector of the L2 table change. */
const COMMON = {
  name: "two clusters into an existing L2 table",
  preset: SECTORS,
  workload: {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    prepared: [write(0, CLUSTER)],
    steps: [write(3 * CLUSTER, 2 * CLUSTER)],
  },
  postRecoveryWrites: [{ offsetBytes: 9 * CLUSTER, lengthBytes: 512 }],
};
/** One sector of data, so that the reference engine can build every state. */
const SMALL: Case = {
  ...COMMON,
  profile: RFC,
  expected: "as found",
  workload: { ...COMMON.workload, steps: [write(3 * CLUSTER, 512)] },
};

/** The outcome of one state: no violation, a refusal, or a violation without an error. */
type Outcome = "no harm" | "detected" | "silent";

function outcomeOf(violations: readonly Violation[]): Outcome {
  if (violations.length === 0) return "no harm";
  const isRefused = violations.every(({ kind }) => kind === "cannot-open" || kind === "unusable");
  return isRefused ? "detected" : "silent";
}

/** Visits every state of a case, with a function that checks the state as a concrete file. */
function eachState(
  each: Case,
  visit: (point: CrashPoint, choices: readonly number[], check: () => Violation[]) => void,
): void {
  const { log, target } = setUp(each);
  const options = { guestBytes: guestBytesOf(each) };
  const context: ReferenceContext = prepareContext(log, target, each.preset, options);
  for (let event = -1; event < log.events.length; event++) {
    const point = context.points.after(event);
    const choices = new ExhaustiveChoices();
    do {
      const file = point.build(choices);
      visit(point, choices.sequence(), () => checkState(context, point, file));
    } while (choices.advance());
  }
}

/** Outcome 4: the file has its full size, and a part of the data is lost. */
function grownWithoutData(): { states: number; harmful: number } {
  const count = { states: 0, harmful: 0 };
  const { log } = setUp(SMALL);
  eachState(SMALL, (point, choices, check) => {
    const { byUnit, sizeBytes } = point.describe(new RecordedChoices(choices));
    const isLabelled = (at: number, label: string) => {
      const event = log.events[at];
      return event?.kind === "write-issued" && event.label === label;
    };
    const dataCount = [...point.pendingEvents].filter((at) => isLabelled(at, "data")).length;
    const arrived = new Set([...byUnit.values()].map(({ event }) => event));
    const dataArrived = [...arrived].filter((at) => isLabelled(at, "data")).length;
    const isGrown = sizeBytes === point.largestSizeBytes && sizeBytes > point.durableSizeBytes;
    if (!isGrown || dataArrived === dataCount) return;
    count.states++;
    if (check().length > 0) count.harmful++;
  });
  return count;
}

/** Outcome 6: the outcomes of the states in which a write has corrupted its neighbourhood. */
function corruptedStates(preset: Preset): Map<string, Map<Outcome, number>> {
  const counts = new Map<string, Map<Outcome, number>>();
  const each = { ...SMALL, profile: STRICT, preset };
  const { log } = setUp(each);
  eachState(each, (point, choices, check) => {
    const { corruption } = point.describe(new RecordedChoices(choices));
    const source = corruption && log.events[corruption.event];
    if (source?.kind !== "write-issued") return;
    const what = `${source.label} write, ${corruption!.fill}`;
    const outcomes = counts.get(what) ?? new Map<Outcome, number>();
    const outcome = outcomeOf(check());
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    counts.set(what, outcomes);
  });
  return counts;
}

/** Claim 7. */
export const BEYOND_FOUR: ExploredScenario = {
  name: "beyond-four",
  claim: 7,
  mail: "Jamie Lokier, 10 September 2010 21:22; Stefan Hajnoczi, 14 September 10:46",
  statement:
    "Outcome 4, the size grew but the data is lost, is harmless; outcomes 5, metadata in part, and " +
    "6, corrupted neighbours of a write, are not.",
  cases: [
    // Outcome 4 is among these states.
    { ...COMMON, profile: STRICT, expected: "clean" },
    // Outcome 5 is harmless: an entry has 8 bytes, and two entries need not arrive together.
    { ...COMMON, profile: STRICT, preset: TORN_SECTOR, expected: "clean" },
    // Outcome 6 is a problem: tables and data have no checksum.
    {
      ...COMMON,
      profile: STRICT,
      preset: neighbourCorruption(RADIUS_BYTES),
      expected: ["wrong-data", "cannot-open"],
    },
    { ...COMMON, profile: STRICT, preset: neighbourCorruption(512), expected: ["wrong-data"] },
  ],
  demonstrations: [
    {
      name: "outcome 4: size without data, in the patch's order",
      run() {
        const { states, harmful } = grownWithoutData();
        return {
          holds: states > 0 && harmful === 0,
          figures: [`${states} states, ${harmful} with a violation`],
        };
      },
    },
    {
      name: `outcome 6: detection of ${RADIUS_BYTES} corrupted bytes around a write`,
      run() {
        const counts = corruptedStates(neighbourCorruption(RADIUS_BYTES));
        const total = (outcome: Outcome) =>
          [...counts.values()].reduce((sum, outcomes) => sum + (outcomes.get(outcome) ?? 0), 0);
        return {
          holds: total("silent") > 0 && total("detected") > 0,
          figures: [...counts].map(([what, outcomes]) =>
            `${what}: ${[...outcomes].map(([outcome, n]) => `${n} ${outcome}`).join(", ")}`
          ),
        };
      },
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(BEYOND_FOUR);

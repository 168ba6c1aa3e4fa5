import fc from "fast-check";
import {
  assertAgreement,
  bruteStates,
  type EngineCase,
  keysOf,
} from "../harness/testing/engine_agreement.ts";
import { randomCase, scriptedCase } from "../harness/testing/random_case.ts";
import {
  MAPPING_BUGS,
  MAPPING_GUEST_BYTES,
  mappingTarget,
} from "../harness/testing/mapping_table.ts";
import { MAPPING_STEP, recordMapping } from "../harness/testing/mapping_workload.ts";
import {
  type Exploration,
  exploreByBruteForce,
  exploreLazily,
  type Preset,
  PRESETS,
  SpaceTooLargeError,
} from "../harness/advanced.ts";
import { GUEST_MUTANT, mutantCase, NO_MUTANT } from "../scenarios/system/random_mutants_testing.ts";
import { workloads } from "../scenarios/system/random_workload_testing.ts";
import { secondsOf, thousands } from "./measure.ts";
import type { BenchOptions, Report } from "./report.ts";

export const name = "agreement";

/** The same cases in every run. */
const SEED = 20100907;

/** How many crashes in a row, how many cases of each kind, and which are too large to compare. */
interface Effort {
  readonly depth: number;
  readonly cases: (preset: Preset) => number;
  /** The most states of first crashes. */
  readonly maxStates: (preset: Preset) => bigint;
  /** The most states that come of them with further crashes. */
  readonly maxNestedStates: number;
}

const ONE_CRASH: Effort = {
  depth: 1,
  // Tearing makes many states of few writes.
  cases: ({ tears }) => tears ? 600 : 300,
  maxStates: ({ tears }) => tears ? 6000n : 1500n,
  maxNestedStates: Infinity,
};
const TWO_CRASHES: Effort = {
  depth: 2,
  cases: ({ tears }) => tears ? 600 : 200,
  maxStates: ({ tears }) => tears ? 500n : 100n,
  maxNestedStates: 3000,
};
/** `--quick` runs one case in this many. */
const QUICK_SHARE = 10;

/** Generates cases, before it is known whether they are small enough. */
type Kind = (preset: Preset) => fc.Arbitrary<EngineCase | undefined>;

const GUESTS = workloads({ maxSteps: 4, unaligned: true });
const MAPPING_STEPS = fc.array(MAPPING_STEP, { minLength: 1, maxLength: 6 });
const NO_BUG = fc.constant(undefined);

const KINDS: Readonly<Record<string, Kind>> = {
  "QED, correct": (preset) => qedCases(NO_MUTANT, preset),
  "QED, a mutant": (preset) => qedCases(GUEST_MUTANT, preset),
  "mapping table, correct": (preset) => mappingCases(NO_BUG, preset),
  "mapping table, an injected bug": (preset) =>
    mappingCases(fc.constantFrom(...MAPPING_BUGS), preset),
  "random format on a random log": (preset) =>
    randomCase(preset).map((each) => scriptedCase(each, preset)),
};

function qedCases(mutants: typeof NO_MUTANT, preset: Preset): ReturnType<Kind> {
  return fc.tuple(GUESTS, mutants).map(([guest, mutant]) => mutantCase(guest, mutant, preset));
}

function mappingCases(
  bugs: fc.Arbitrary<typeof MAPPING_BUGS[number] | undefined>,
  preset: Preset,
): ReturnType<Kind> {
  return fc.tuple(MAPPING_STEPS, bugs).map(([steps, bug]) => {
    const guestBytes = MAPPING_GUEST_BYTES;
    return { log: recordMapping(steps, bug), target: mappingTarget(bug), preset, guestBytes };
  });
}

/** What came of comparing. */
interface Tally {
  cases: number;
  /** Cases in which a promise is broken. */
  failing: number;
  crashPoints: number;
  /** States, with those of further crashes: each was built and checked by brute force. */
  states: number;
  mismatches: number;
  lazySeconds: number;
  bruteSeconds: number;
}

/** Lazy and brute on generated cases: what one finds and the other does not is a mismatch. */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const tallies = new Map<string, Tally>();
  for (const effort of [ONE_CRASH, TWO_CRASHES]) {
    for (const preset of Object.values(PRESETS)) {
      // Corruptions make too many states for two crashes.
      if (effort.depth > 1 && preset.corruptionBytes > 0) continue;
      for (const [kind, casesOf] of Object.entries(KINDS)) {
        const numRuns = Math.ceil(effort.cases(preset) / (isQuick ? QUICK_SHARE : 1));
        const tally = emptyTally();
        for (const each of fc.sample(casesOf(preset), { seed: SEED, numRuns })) {
          if (each) await compare(each, effort, tally);
        }
        tallies.set(JSON.stringify([effort.depth, preset.name, kind]), tally);
      }
      console.error(`${name}: ${preset.name}, depth ${effort.depth}`);
    }
  }
  return reportOf(tallies);
}

function emptyTally(): Tally {
  return {
    ...{ cases: 0, failing: 0, crashPoints: 0, states: 0, mismatches: 0 },
    ...{ lazySeconds: 0, bruteSeconds: 0 },
  };
}

async function compare(each: EngineCase, effort: Effort, tally: Tally): Promise<void> {
  const { log, target, preset, guestBytes } = each;
  const { depth } = effort;
  if (bruteStates(log, preset) > effort.maxStates(preset)) return;
  const options = { guestBytes, depth, maxStates: effort.maxNestedStates };
  let brute: Exploration | undefined;
  let lazy: Exploration | undefined;
  let complaint: string | undefined;
  const bruteSeconds = await secondsOf(() => {
    brute = unlessTooLarge(() => exploreByBruteForce(log, target, preset, options));
  });
  if (!brute) return;
  const found = brute;
  const lazySeconds = await secondsOf(() => {
    // Also an engine that fails where the other one does not is a mismatch.
    complaint = complaintOf(() => {
      lazy = exploreLazily(log, target, preset, options);
      assertAgreement({ preset, depth }, lazy, found);
    });
  });
  tally.cases++;
  tally.failing += found.verdict === "violation" ? 1 : 0;
  tally.crashPoints += found.crashPoints;
  tally.states += found.recoveries;
  tally.bruteSeconds += bruteSeconds;
  tally.lazySeconds += lazySeconds;
  if (complaint === undefined) return;
  tally.mismatches++;
  console.error(`${name}: under ${preset.name}, trace ${found.traceHash}: ${complaint}`);
  console.error(`brute: ${keysOf(found).join("; ")}`);
  console.error(`lazy: ${lazy ? keysOf(lazy).join("; ") : "no answer"}`);
}

function complaintOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function unlessTooLarge(explore: () => Exploration): Exploration | undefined {
  try {
    return explore();
  } catch (error) {
    if (error instanceof SpaceTooLargeError) return undefined;
    throw error;
  }
}

function reportOf(tallies: ReadonlyMap<string, Tally>): Report {
  const keys = [...tallies.keys()].map((key) => JSON.parse(key) as [number, string, string]);
  const sum = (isMeant: (key: [number, string, string]) => boolean) =>
    sumOf(keys.filter(isMeant).map((key) => tallies.get(JSON.stringify(key))!));
  const all = sum(() => true);
  const tableOf = (title: string, column: 0 | 1 | 2, depth: number) => [
    [title, ...HEADER],
    ...[...new Set(keys.filter((key) => key[0] === depth).map((key) => key[column]))]
      .map((value) => [`${value}`, ...cellsOf(sum((k) => k[0] === depth && k[column] === value))]),
    ["together", ...cellsOf(sum((key) => key[0] === depth))],
  ];
  return {
    tables: [
      tableOf("one crash, preset", 1, 1),
      tableOf("one crash, cases", 2, 1),
      tableOf("two crashes, preset", 1, 2),
      tableOf("two crashes, cases", 2, 2),
    ],
    notes: [
      `${thousands(all.crashPoints)} crash points of ${thousands(all.cases)} generated cases, ` +
      `${thousands(all.states)} states: ${all.mismatches} mismatches`,
      "a case is a mismatch unless violations, states, crash points and traces are all the same",
    ],
    figures: { ...all },
  };
}

const HEADER = ["cases", "failing", "crash points", "states", "mismatches", "brute s", "lazy s"];

function cellsOf(tally: Tally): string[] {
  const { cases, failing, crashPoints, states, mismatches } = tally;
  return [
    ...[cases, failing, crashPoints, states, mismatches].map(thousands),
    ...[tally.bruteSeconds, tally.lazySeconds].map((seconds) => seconds.toFixed(1)),
  ];
}

function sumOf(tallies: readonly Tally[]): Tally {
  const total = emptyTally();
  for (const tally of tallies) {
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
  }
  return total;
}

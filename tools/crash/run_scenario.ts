import {
  differenceOf,
  type Exploration,
  NotDeterministicError,
  traceDigest,
  traceHash,
  VIOLATION_KINDS,
  type ViolationKind,
  type WriteLog,
} from "../../harness/mod.ts";
import { PROFILES } from "../../lib/mod.ts";
import {
  type Case,
  guestBytesOf,
  isAsExpected,
  type Scenario,
  type Setup,
  setUp,
} from "../../scenarios/qed/scenario.ts";
import { lookUp, lookUpPreset } from "../../scenarios/qed/look_up.ts";
import type { Explorer } from "./explore_problem.ts";
import type { PartialSearch } from "./partial_file.ts";
import { type ReplayFile, replayFileOf } from "./replay_file.ts";

/** What came of one case or demonstration. */
export interface Row {
  /** The scenario's name. */
  readonly scenario: string;
  /** What was run. */
  readonly name: string;
  /** The ordering profile; empty for a demonstration. */
  readonly profile: string;
  /** The preset; empty for a demonstration. */
  readonly preset: string;
  /** Whether a filter leaves out something that the profile asks for. */
  readonly hasPlantedBug: boolean;
  /** The kinds of violation that were found, the gravest first. */
  readonly kinds: readonly ViolationKind[];
  /** What was expected, in words. */
  readonly expected: string;
  /** What came, in words. */
  readonly found: string;
  /** Whether the two agree. */
  readonly asExpected: boolean;
  /** How long it took. */
  readonly seconds: number;
  /** The exploration, with its log; absent for a demonstration. */
  readonly exploration?: Exploration;
  /** The recorded log. */
  readonly log?: WriteLog;
  /** What was done, to be put together with other shares, or taken up again. */
  readonly search?: PartialSearch;
  /** For each violation of the exploration, the file that replays it. */
  readonly replays?: readonly ReplayFile[];
  /** What a demonstration measured. */
  readonly figures?: readonly string[];
}

/** Which preset and profile to use instead of those that the scenario names. */
export interface Overrides {
  readonly preset?: string;
  readonly profile?: string;
}

/** Told what is being run, and how far it is. */
export type RowListener = (title: string, done: number, total: number) => void;

/** The cases to run: those of the scenario, or under the preset and profile asked for. */
export function casesFor(
  scenario: Scenario,
  overrides: Overrides,
): { each: Case; index: number }[] {
  const cases = scenario.cases.map((each, index) => ({ each, index }));
  if (overrides.preset === undefined && overrides.profile === undefined) return cases;
  const preset = overrides.preset === undefined ? undefined : lookUpPreset(overrides.preset);
  const profile = overrides.profile === undefined
    ? undefined
    : lookUp("profile", overrides.profile, PROFILES);
  const kept = cases.filter(({ each }) => profile === undefined || each.profile === profile);
  const seen = new Set<string>();
  const changed: { each: Case; index: number }[] = [];
  for (const { each, index } of kept) {
    // Nothing is claimed under another preset, so a violation is one.
    const next: Case = preset === undefined ? each : { ...each, preset, expected: "clean" };
    const key = `${next.name}/${next.profile.name}/${next.preset.name}`;
    if (!seen.has(key)) changed.push({ each: next, index });
    seen.add(key);
  }
  return changed;
}

/** Run the cases and demonstrations of a scenario. */
export async function runScenario(
  scenario: Scenario,
  overrides: Overrides,
  explorer: Explorer,
  listener: RowListener,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { each, index } of casesFor(scenario, overrides)) {
    rows.push(await runCase(scenario, { each, index, explorer }, listener));
  }
  const isFiltered = overrides.preset !== undefined || overrides.profile !== undefined;
  return isFiltered ? rows : [...rows, ...runDemonstrations(scenario, listener)];
}

/** Run the demonstrations of a scenario. */
export function runDemonstrations(scenario: Scenario, listener: RowListener): Row[] {
  return (scenario.demonstrations ?? []).map((demonstration) => {
    listener(`${scenario.name}: ${demonstration.name}`, 0, 1);
    const start = performance.now();
    const { holds, figures } = demonstration.run();
    return {
      scenario: scenario.name,
      name: demonstration.name,
      profile: "",
      preset: "",
      hasPlantedBug: false,
      kinds: [],
      expected: "holds",
      found: holds ? "holds" : "does not hold",
      asExpected: holds,
      seconds: (performance.now() - start) / 1000,
      figures,
    };
  });
}

/** A case, its number in the scenario, and who explores it. */
interface Run {
  readonly each: Case;
  readonly index: number;
  readonly explorer: Explorer;
}

async function runCase(
  scenario: Scenario,
  { each, index, explorer }: Run,
  listener: RowListener,
): Promise<Row> {
  const title = `${scenario.name}: ${each.profile.name}, ${each.preset.name}`;
  const start = performance.now();
  const { depth } = explorer;
  const { log, target } = recordTwice(title, each);
  const options = { guestBytes: guestBytesOf(each), depth };
  const problem = { log, target, preset: each.preset, options };
  const input = { scenario: scenario.name, case: index, preset: each.preset.name, depth };
  const { exploration, partial } = await explorer.explore(
    problem,
    input,
    (done, total) => listener(title, done, total),
  );
  const seconds = (performance.now() - start) / 1000;
  const row = caseRow({ scenario, each, index }, { exploration, log, seconds });
  return partial ? { ...row, search: { input, partial } } : row;
}

/** The log of a case. Throws {@linkcode NotDeterministicError} if recording it again gives another one. */
function recordTwice(title: string, each: Case): Setup {
  const [first, second] = [setUp(each), setUp(each)];
  const { preset } = each;
  const hashOf = ({ log, target }: Setup) => traceHash(log, { preset, target });
  if (hashOf(first) === hashOf(second)) return first;
  const linesOf = ({ log, target }: Setup) => traceDigest(log, { preset, target }).events;
  throw differenceOf(`${title}: the workload`, "event", [linesOf(first), linesOf(second)]) ??
    new NotDeterministicError(`${title}: the workload`, "it starts from another file");
}

/** What an exploration of a case comes to. */
export function caseRow(
  { scenario, each, index }: {
    readonly scenario: Scenario;
    readonly each: Case;
    readonly index: number;
  },
  { exploration, log, seconds }: {
    readonly exploration: Exploration;
    readonly log: WriteLog;
    readonly seconds: number;
  },
): Row {
  const found = new Set(exploration.violations.map((violation) => violation.kind));
  const kinds = VIOLATION_KINDS.filter((kind) => found.has(kind));
  const clean = exploration.coverage === "exhaustive" ? "clean" : `clean so far`;
  return {
    scenario: scenario.name,
    name: each.name,
    profile: each.profile.name,
    preset: each.preset.name,
    hasPlantedBug: each.filters !== undefined,
    kinds,
    expected: typeof each.expected === "string" ? each.expected : each.expected.join(", "),
    found: kinds.length === 0 ? clean : kinds.join(", "),
    asExpected: isAsExpected(exploration, each.expected),
    seconds,
    exploration,
    log,
    replays: exploration.violations.map((violation) =>
      replayFileOf(violation, {
        source: { scenario: scenario.name, case: index },
        profile: each.profile.name,
        preset: each.preset.name,
        traceHash: exploration.traceHash,
      })
    ),
  };
}

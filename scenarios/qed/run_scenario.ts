/** Runs one scenario: explores its cases, runs its demonstrations, compares with what is expected. */
import {
  differenceOf,
  type Exploration,
  type ExplorationListener,
  exploreLazily,
  NotDeterministicError,
  type PartialResult,
  type Problem,
  type Target,
  traceDigest,
  traceHash,
  VIOLATION_KINDS,
  type ViolationKind,
  type WriteLog,
} from "../../harness/advanced.ts";
import {
  type Case,
  type Demonstration,
  guestBytesOf,
  isAsExpected,
  type Scenario,
  type Setup,
  setUp,
} from "./scenario.ts";

/** The outcome of one case or one demonstration. */
export type ScenarioResult = CaseResult | DemonstrationResult;

/** The fields that the outcomes of cases and demonstrations share. */
interface CommonResult {
  /** The scenario's name. */
  readonly scenario: string;
  /** The name of the case or demonstration. */
  readonly name: string;
  /** The expected outcome, for people. */
  readonly expected: string;
  /** The actual outcome, for people. */
  readonly found: string;
  /** Whether the two agree. */
  readonly asExpected: boolean;
  /** How long it took, in seconds. */
  readonly seconds: number;
}

/** The outcome of a case, with everything that a report of it needs. */
export interface CaseResult extends CommonResult {
  /** Tells it from a demonstration. */
  readonly kind: "case";
  /** The case. */
  readonly case: Case;
  /** The number of the case in its scenario. */
  readonly index: number;
  /** The recorded log. */
  readonly log: WriteLog;
  /** The target that the states of the log were checked with. */
  readonly target: Target;
  /** The exploration of the log. */
  readonly exploration: Exploration;
  /** The kinds of violation that the exploration found, the gravest first. */
  readonly kinds: readonly ViolationKind[];
  /** The work done, to be merged with other shards or resumed; absent where the engine keeps none. */
  readonly partial?: PartialResult;
}

/** The outcome of a demonstration. */
export interface DemonstrationResult extends CommonResult {
  /** Tells it from a case. */
  readonly kind: "demonstration";
  /** The measured figures, a line each. */
  readonly figures: readonly string[];
}

/** A case and its number in its scenario. */
export interface NumberedCase {
  /** The case. */
  readonly case: Case;
  /** Its number. */
  readonly index: number;
}

/** Explores the problem of a case; `place` says which case of which scenario that is. */
export type CaseExplorer = (
  problem: Problem,
  place: { readonly scenario: string; readonly case: number },
  onProgress: ExplorationListener,
) => Promise<{ readonly exploration: Exploration; readonly partial?: PartialResult }>;

/** Called with the title of the case or demonstration under way, and with how far it is. */
export type ResultListener = (title: string, done: number, total: number) => void;

/** How {@linkcode runCases} explores. */
export interface RunCasesOptions {
  /** How many crashes in a row, those of recovery included; {@linkcode DEFAULT_DEPTH} if not given. */
  readonly depth?: number;
  /** Explores each problem; the lazy engine in this thread if not given. */
  readonly explore?: CaseExplorer;
  /** Called as the run goes on. */
  readonly onProgress?: ResultListener;
}

/** How many crashes in a row a run explores: the first one, and one of the recovery from it. */
export const DEFAULT_DEPTH = 2;

const IN_THIS_THREAD: CaseExplorer = ({ log, target, preset, options }, _place, onProgress) =>
  Promise.resolve({ exploration: exploreLazily(log, target, preset, { ...options, onProgress }) });

/**
 * Run all cases and demonstrations of a scenario. Throws {@linkcode NotDeterministicError} where a
 * case records another log the second time.
 */
export async function runScenario(
  scenario: Scenario,
  options: RunCasesOptions = {},
): Promise<ScenarioResult[]> {
  const cases = numberedCases(scenario);
  return [
    ...await runCases(scenario.name, cases, options),
    ...runDemonstrations(scenario, options.onProgress),
  ];
}

/** The cases of a scenario with their numbers; none where it only demonstrates. */
export function numberedCases({ cases = [] }: Scenario): NumberedCase[] {
  return cases.map((each: Case, index) => ({ case: each, index }));
}

/**
 * Run some cases of a scenario, in their order. Throws {@linkcode NotDeterministicError} where a case
 * records another log the second time.
 */
export async function runCases(
  scenario: string,
  cases: readonly NumberedCase[],
  { depth = DEFAULT_DEPTH, explore = IN_THIS_THREAD, onProgress = () => {} }: RunCasesOptions = {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const numbered of cases) {
    const { case: each, index } = numbered;
    const title = `${scenario}: ${each.profile.name}, ${each.preset.name}`;
    const start = performance.now();
    const { log, target } = recordTwice(title, each);
    const options = { guestBytes: guestBytesOf(each), depth };
    const { exploration, partial } = await explore(
      { log, target, preset: each.preset, options },
      { scenario, case: index },
      (done, total) => onProgress(title, done, total),
    );
    const seconds = (performance.now() - start) / 1000;
    const explored = { log, target, exploration, seconds, ...(partial && { partial }) };
    results.push(caseResult(scenario, numbered, explored));
  }
  return results;
}

/** Run the demonstrations of a scenario. */
export function runDemonstrations(
  { name: scenario, demonstrations = [] }: Scenario,
  onProgress: ResultListener = () => {},
): DemonstrationResult[] {
  return demonstrations.map((demonstration) => {
    onProgress(`${scenario}: ${demonstration.name}`, 0, 1);
    return runDemonstration(scenario, demonstration);
  });
}

function runDemonstration(scenario: string, demonstration: Demonstration): DemonstrationResult {
  const start = performance.now();
  const { holds, figures } = demonstration.run();
  return {
    kind: "demonstration",
    scenario,
    name: demonstration.name,
    expected: "holds",
    found: holds ? "holds" : "does not hold",
    asExpected: holds,
    seconds: (performance.now() - start) / 1000,
    figures,
  };
}

/** The log of a case. Throws {@linkcode NotDeterministicError} if recording it again gives another. */
function recordTwice(title: string, each: Case): Setup {
  const [first, second] = [setUp(each), setUp(each)];
  const { preset } = each;
  const hashOf = ({ log, target }: Setup) => traceHash(log, { preset, target });
  if (hashOf(first) === hashOf(second)) return first;
  const linesOf = ({ log, target }: Setup) => traceDigest(log, { preset, target }).events;
  throw differenceOf(`${title}: the workload`, "event", [linesOf(first), linesOf(second)]) ??
    new NotDeterministicError(`${title}: the workload`, "it starts from another file");
}

/** The result of a case, from its exploration. */
export function caseResult(
  scenario: string,
  { case: each, index }: NumberedCase,
  explored: Pick<CaseResult, "log" | "target" | "exploration" | "seconds" | "partial">,
): CaseResult {
  const { exploration } = explored;
  const { name, expected } = each;
  const found = new Set(exploration.violations.map((violation) => violation.kind));
  const kinds = VIOLATION_KINDS.filter((kind) => found.has(kind));
  const clean = exploration.coverage === "exhaustive" ? "clean" : "clean so far";
  return {
    kind: "case",
    scenario,
    name,
    case: each,
    index,
    kinds,
    expected: typeof expected === "string" ? expected : expected.join(", "),
    found: kinds.length === 0 ? clean : kinds.join(", "),
    asExpected: isAsExpected(exploration, expected),
    ...explored,
  };
}

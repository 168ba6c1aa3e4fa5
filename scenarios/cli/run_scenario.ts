import type { Exploration, ViolationKind, WriteLog } from "../../harness/mod.ts";
import { VIOLATION_KINDS } from "../../harness/mod.ts";
import { PROFILES } from "../../lib/mod.ts";
import {
  type Case,
  type Engine,
  ENGINES,
  guestBytesOf,
  isAsExpected,
  type Scenario,
  setUp,
} from "../support/scenario.ts";
import { lookUp, lookUpPreset } from "../support/look_up.ts";
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
  /** For each violation of the exploration, the file that replays it. */
  readonly replays?: readonly ReplayFile[];
  /** What a demonstration measured. */
  readonly figures?: readonly string[];
}

/** Which preset, profile and engine to use instead of those that the scenario names. */
export interface Overrides {
  readonly preset?: string;
  readonly profile?: string;
  readonly engine?: string;
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
export function runScenario(
  scenario: Scenario,
  overrides: Overrides,
  listener: RowListener,
): Row[] {
  const engine = lookUp("engine", overrides.engine ?? "lazy", ENGINES);
  const rows = casesFor(scenario, overrides).map(({ each, index }) =>
    runCase(scenario, { each, index, engine }, listener)
  );
  const isFiltered = overrides.preset !== undefined || overrides.profile !== undefined;
  if (isFiltered) return rows;
  for (const demonstration of scenario.demonstrations ?? []) {
    listener(`${scenario.name}: ${demonstration.name}`, 0, 1);
    const start = performance.now();
    const { holds, figures } = demonstration.run();
    rows.push({
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
    });
  }
  return rows;
}

/** A case, its number in the scenario, and the engine to search it with. */
interface Run {
  readonly each: Case;
  readonly index: number;
  readonly engine: Engine;
}

function runCase(scenario: Scenario, { each, index, engine }: Run, listener: RowListener): Row {
  const title = `${scenario.name}: ${each.profile.name}, ${each.preset.name}`;
  const start = performance.now();
  const { log, target } = setUp(each);
  const exploration = engine(log, target, each.preset, {
    guestBytes: guestBytesOf(each),
    onProgress: (done, total) => listener(title, done, total),
  });
  const found = new Set(exploration.violations.map((violation) => violation.kind));
  const kinds = VIOLATION_KINDS.filter((kind) => found.has(kind));
  return {
    scenario: scenario.name,
    name: each.name,
    profile: each.profile.name,
    preset: each.preset.name,
    hasPlantedBug: each.filters !== undefined,
    kinds,
    expected: typeof each.expected === "string" ? each.expected : each.expected.join(", "),
    found: kinds.length === 0 ? "clean" : kinds.join(", "),
    asExpected: isAsExpected(exploration, each.expected),
    seconds: (performance.now() - start) / 1000,
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

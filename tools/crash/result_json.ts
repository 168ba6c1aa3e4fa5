import type { CaseResult, ScenarioResult } from "../../scenarios/qed/run_scenario.ts";
import { type ReplayFile, replayFileOf } from "./replay_file.ts";

/** For each violation of a case, in their order, the file that replays it. */
export function replaysOf(
  { scenario, index, case: { profile, preset }, exploration }: CaseResult,
): ReplayFile[] {
  return exploration.violations.map((violation) =>
    replayFileOf(violation, {
      source: { scenario, case: index },
      profile: profile.name,
      preset: preset.name,
      traceHash: exploration.traceHash,
    })
  );
}

/** The JSON of a result: the same for the same seed on every machine. */
export function resultJson(result: ScenarioResult): unknown {
  const { scenario, name, expected, found, asExpected } = result;
  if (result.kind === "demonstration") {
    return {
      scenario,
      name,
      profile: "",
      preset: "",
      hasPlantedBug: false,
      kinds: [],
      expected,
      found,
      asExpected,
      figures: result.figures,
    };
  }
  const { case: { profile, preset, filters }, kinds, exploration } = result;
  return {
    scenario,
    name,
    profile: profile.name,
    preset: preset.name,
    hasPlantedBug: filters !== undefined,
    kinds,
    expected,
    found,
    asExpected,
    exploration,
    replays: replaysOf(result),
  };
}

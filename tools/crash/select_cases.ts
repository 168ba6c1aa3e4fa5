import { PROFILES } from "../../lib/mod.ts";
import { type NumberedCase, numberedCases } from "../../scenarios/qed/run_scenario.ts";
import type { Case, Scenario } from "../../scenarios/qed/scenario.ts";
import { lookUp, lookUpPreset } from "../../scenarios/qed/look_up.ts";
import type { Overrides } from "./options.ts";

/** The cases to run: those of the scenario, or under the preset and profile asked for. */
export function selectCases(
  scenario: Scenario,
  { preset: presetName, profile: profileName }: Overrides,
): NumberedCase[] {
  const numbered = numberedCases(scenario);
  if (presetName === undefined && profileName === undefined) return numbered;
  const preset = presetName === undefined ? undefined : lookUpPreset(presetName);
  const profile = profileName === undefined ? undefined : lookUp("profile", profileName, PROFILES);
  const seen = new Set<string>();
  const selected: NumberedCase[] = [];
  for (const { case: each, index } of numbered) {
    if (profile !== undefined && each.profile !== profile) continue;
    // Nothing is claimed under another preset, so a violation is one.
    const next: Case = preset === undefined ? each : { ...each, preset, expected: "clean" };
    const key = `${next.name}/${next.profile.name}/${next.preset.name}`;
    if (!seen.has(key)) selected.push({ case: next, index });
    seen.add(key);
  }
  return selected;
}

import { type Subject, traceHash } from "../../harness/advanced.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import type { CrashFinding } from "./report/results_report.ts";
import { type ReplayFile, replayFileOf } from "./replay_file.ts";
import type { SweepTargetOptions } from "./sweep_options.ts";
import { imageSpecOf } from "./sweep_targets.ts";

/** The replay file of a crash that a sweep found; it can be shrunk. */
export function replayOfFinding(
  finding: CrashFinding,
  subject: Subject,
  options: SweepTargetOptions,
): ReplayFile {
  const { steps, violation } = finding;
  const preset = lookUpPreset(finding.preset);
  const { log, target } = subject.record(steps);
  const image = imageSpecOf(options);
  return replayFileOf(violation, {
    source: { image, steps },
    profile: image.format === "qed" ? image.profile : image.format,
    preset: preset.name,
    traceHash: traceHash(log, { preset, target }),
  });
}

import { faultPoints } from "../faults/explore_faults.ts";
import { RottingFile } from "../faults/bit_rot.ts";
import { FAULTS } from "../faults/mod.ts";
import { traceHash } from "../log/trace_hash.ts";
import { ORDERED, type Preset } from "../model/presets.ts";
import type { Step } from "../target/subject.ts";
import { verdictClassOf } from "../result/verdict_class.ts";
import type { Violation } from "../result/violation.ts";
import type { GeneratedWorkload } from "../workload/workload_source.ts";
import { StoppedError } from "./budget.ts";
import type { ExplorePlan } from "./explore_plan.ts";
import type { FindingFault } from "./finding.ts";
import { formatToken, type TokenState } from "./replay_token.ts";
import type { Tally } from "./tally.ts";

/** Faults that storage does not report: a format that refuses what they leave has done its duty. */
const UNREPORTED: readonly string[] = ["misdirected-write", "bit-rot"];

/** Run a workload with each of the faults that are asked for, at each request that it can hit. */
export function searchFaults(
  plan: ExplorePlan,
  workload: GeneratedWorkload,
  preset: Preset,
  tally: Tally,
): void {
  for (const name of plan.runTimeFaults) {
    if (tally.findings.length > 0 && !plan.continueAfterFailure) return;
    if (name !== "bit-rot") searchFault(plan, workload, { preset, tally, name });
    // No write is in flight any more, so that one fault model is as good as another.
    else if (preset === plan.presets[0]) searchBitRot(plan, workload, tally);
  }
}

function searchFault(
  { binding, depth, deadline, continueAfterFailure }: ExplorePlan,
  { steps, words }: GeneratedWorkload,
  { preset, tally, name }: {
    readonly preset: Preset;
    readonly tally: Tally;
    readonly name: FindingFault["name"];
  },
): void {
  const points = faultPoints(
    (filter) => binding.faultyRun(steps, filter),
    FAULTS[name],
    { preset, depth },
  );
  for (const { nth, refusals, violations, ...counts } of points) {
    if (deadline.isOver()) throw new StoppedError("budget");
    tally.count(counts.statesLog2, counts.recoveries);
    tally.addFaultRun(name, refusals, violations.map(({ kind }) => kind));
    const fault = { name, nth };
    const context = { steps, words, preset: preset.name };
    const tokenOf = (state: TokenState) =>
      formatToken({
        ...{ format: binding.name, steps, preset: preset.name, fault, state },
        traceHash: counts.traceHash,
      });
    for (const violation of violations) {
      if (!isFinding(name, violation)) continue;
      if (!("crashAfterEvent" in violation)) {
        const token = tokenOf({ kind: "end" });
        tally.find({ kind: "session", ...context, violation, fault, token });
        continue;
      }
      const { crashAfterEvent, choices, nested = [] } = violation;
      const later = nested.map((each) => ({ afterEvent: each.afterEvent, choices: each.choices }));
      const first = { afterEvent: crashAfterEvent, choices };
      const token = tokenOf({ kind: "crash", crashes: [first, ...later] });
      tally.find({ kind: "crash", ...context, violation, fault, token });
    }
    if (tally.findings.length > 0 && !continueAfterFailure) return;
  }
}

/** Whether something wrong after a fault is the format's failure. */
function isFinding(fault: string, { kind }: Violation): boolean {
  return !UNREPORTED.includes(fault) || verdictClassOf([kind]) === "silent";
}

function searchBitRot(
  { binding, deadline, continueAfterFailure }: ExplorePlan,
  { steps, words }: GeneratedWorkload,
  tally: Tally,
): void {
  const recording = binding.record(closed(steps));
  const { log, target } = recording;
  const file = new RottingFile(recording);
  const hash = traceHash(log, { preset: ORDERED, target });
  for (let bit = 0; bit < file.bitCount; bit++) {
    if (deadline.isOver()) throw new StoppedError("budget");
    const violations = file.violationsOf(bit);
    const isRefused = violations.some(({ kind }) => verdictClassOf([kind]) === "detected");
    tally.addFaultRun("bit-rot", isRefused ? 1 : 0, violations.map(({ kind }) => kind));
    for (const violation of violations) {
      if (!isFinding("bit-rot", violation)) continue;
      const context = { steps, words, preset: ORDERED.name };
      const state = { kind: "bit", bit } as const;
      tally.find({
        ...{ kind: "bit-rot", ...context, violation, bit },
        token: formatToken({
          ...{ format: binding.name, steps, preset: ORDERED.name, state, traceHash: hash },
        }),
      });
    }
    if (tally.findings.length > 0 && !continueAfterFailure) return;
  }
}

/** The steps, with the file closed at the end. */
export function closed(steps: readonly Step[]): readonly Step[] {
  return steps.at(-1)?.kind === "close" ? steps : [...steps, { kind: "close" }];
}

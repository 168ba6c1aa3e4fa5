import { prepareContext } from "../reference/check_state.ts";
import { exploreLazily } from "../engine/lazy.ts";
import { FAULTS } from "../faults/mod.ts";
import { faultyRunAt } from "../faults/explore_faults.ts";
import { traceHash } from "../log/trace_hash.ts";
import { type Preset, presetNamed } from "../model/presets.ts";
import { shrinkOrder } from "../orders/sample_orders.ts";
import { explain } from "../shrink/explain.ts";
import { explanationText } from "../shrink/explanation_text.ts";
import { shrinkState } from "../shrink/shrink_state.ts";
import { shrinkSteps } from "../shrink/shrink_steps.ts";
import { shrinkWorkload } from "../shrink/shrink_workload.ts";
import type { Recording, Step } from "../target/subject.ts";
import { stepText } from "../workload/workload_source.ts";
import type { ExploreResult } from "./explore_result.ts";
import type { CrashFinding, Finding, RefusedFinding } from "./finding.ts";
import type { FormatBinding } from "./format_binding.ts";
import { recordInOrder } from "./format_problem.ts";
import { formatToken, NO_LOG } from "./replay_token.ts";

/** A smaller workload, or a changed log, is taken to be clean after this many recoveries. */
const MAX_RECOVERIES = 200_000;

/** A finding that is as small as it gets, and why it is one. */
export interface ShrunkFinding {
  /** The finding, with a replay token of its own. */
  readonly finding: Finding;
  /** In sentences: what reached the disk, what had to be there before, and which flush is missing. */
  readonly explanation: readonly string[];
  /** How many steps were left out. */
  readonly stepsLeftOut: number;
}

/** Which format a finding is of. */
const FORMATS = new WeakMap<Finding, FormatBinding>();

/** Note which format a finding is of. */
export function rememberFormat(finding: Finding, binding: FormatBinding): void {
  FORMATS.set(finding, binding);
}

/**
 * Make the first finding of a result, or one of them, as small as it gets: the workload, the order of
 * requests and what reached the disk; and explain what is left. `assertClean` does this too. Throws
 * `TypeError` if the result has no finding.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineFormat, explore, readData, shrink, write } from "@powercut/powercut";
 *
 * const careless = defineFormat({
 *   name: "careless",
 *   sizeBytes: 1024,
 *   create: () => new Uint8Array(1024),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {},
 * });
 * const writeOf = (offsetBytes: number) => ({ kind: "write", offsetBytes, lengthBytes: 512 } as const);
 * const workload = [writeOf(0), writeOf(512), { kind: "flush" }, writeOf(0)] as const;
 * const { finding, stepsLeftOut } = shrink(explore(careless, { workload }));
 * assertEquals(finding.words, ["write 512 bytes at 0", "flush"]);
 * assertEquals(stepsLeftOut, 2);
 * ```
 */
export function shrink(found: ExploreResult | Finding): ShrunkFinding {
  const finding = "findings" in found ? found.findings[0] : found;
  if (!finding) throw new TypeError("Cannot shrink a result: it has no finding");
  const binding = FORMATS.get(finding);
  if (!binding) throw new TypeError("Cannot shrink a finding: it does not come from explore");
  const shrunk = shrinkOf(finding, binding);
  rememberFormat(shrunk.finding, binding);
  return shrunk;
}

function shrinkOf(finding: Finding, binding: FormatBinding): ShrunkFinding {
  switch (finding.kind) {
    case "crash":
      return shrinkCrash(finding, binding);
    case "refused":
      return shrinkRefused(finding, binding);
    default:
      return { finding, explanation: [], stepsLeftOut: 0 };
  }
}

/** A log that shows a finding, and where it comes from. */
interface Shown {
  readonly steps: readonly Step[];
  readonly recording: Omit<Recording, "stepStarts">;
  readonly violation: CrashFinding["violation"];
  readonly order?: readonly number[];
}

function shrinkCrash(finding: CrashFinding, binding: FormatBinding): ShrunkFinding {
  const preset = presetNamed(finding.preset)!;
  const { steps, recording, violation: found, order } = smallerRun(finding, binding, preset);
  const { log, target, guestBytes } = recording;
  const trial = prepareContext(log, target, preset, { guestBytes });
  const violation = shrinkState(trial, found);
  const reason = explain(trial, violation, { guestBytes, maxRecoveries: MAX_RECOVERIES });
  const { crashAfterEvent, choices, nested = [] } = violation;
  const later = nested.map((each) => ({ afterEvent: each.afterEvent, choices: each.choices }));
  const { fault } = finding;
  const shrunk: CrashFinding = {
    ...{ kind: "crash", steps, words: steps.map(stepText), preset: preset.name, violation },
    ...(fault && { fault }),
    ...(order && { order }),
    token: formatToken({
      ...{ format: binding.name, steps, preset: preset.name },
      ...(fault && { fault }),
      ...(order && { order }),
      state: {
        kind: "crash",
        crashes: [{ afterEvent: crashAfterEvent, choices }, ...later],
      },
      traceHash: traceHash(log, { preset, target }),
    }),
  };
  return {
    finding: shrunk,
    explanation: explanationText(reason, { log, target, violation }),
    stepsLeftOut: finding.steps.length - steps.length,
  };
}

/** The smallest run that shows a finding: steps, or the order of requests in flight. */
function smallerRun(finding: CrashFinding, binding: FormatBinding, preset: Preset): Shown {
  const { steps, violation, order, fault } = finding;
  const depth = 1 + (violation.nested?.length ?? 0);
  if (fault) {
    const run = (filter: Parameters<FormatBinding["faultyRun"]>[1]) =>
      binding.faultyRun(steps, filter);
    return { steps, violation, recording: faultyRunAt(run, FAULTS[fault.name], fault.nth)! };
  }
  if (order) {
    const find = (recording: Recording) => {
      const { log, target, guestBytes } = recording;
      return exploreLazily(log, target, preset, { guestBytes, depth }).violations
        .find(({ kind }) => kind === violation.kind);
    };
    const shorter = shrinkOrder(order, (scheduler) => {
      return find(binding.record(steps, scheduler)) !== undefined;
    }, preset);
    const recording = recordInOrder(binding, steps, shorter);
    return { steps, recording, violation: find(recording)!, order: shorter };
  }
  const options = { preset, kind: violation.kind, depth, maxRecoveries: MAX_RECOVERIES };
  const shrunk = shrinkWorkload(binding.subject, steps, options);
  return shrunk ?? { steps, violation, recording: binding.record(steps) };
}

/** Leave out what the format does not need to refuse the workload. */
function shrinkRefused(finding: RefusedFinding, binding: FormatBinding): ShrunkFinding {
  if (finding.order) return { finding, explanation: [], stepsLeftOut: 0 };
  const { subject } = finding.violation;
  const refusalOf = (steps: readonly Step[]) => {
    try {
      binding.record(steps);
      return undefined;
    } catch (error) {
      return binding.refusal(error);
    }
  };
  const fails = (steps: readonly Step[]) =>
    refusalOf(steps)?.subject === subject ? { stepCount: steps.length } : undefined;
  const steps = shrinkSteps(finding.steps, fails, binding.shape.allocationUnitBytes);
  const { preset } = finding;
  const state = { kind: "refused" } as const;
  return {
    finding: {
      ...{ kind: "refused", steps, words: steps.map(stepText), preset },
      violation: { kind: "unusable", ...refusalOf(steps)! },
      token: formatToken({ format: binding.name, steps, preset, state, traceHash: NO_LOG }),
    },
    explanation: [],
    stepsLeftOut: finding.steps.length - steps.length,
  };
}

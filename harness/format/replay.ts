import { ChoiceError, RecordedChoices } from "../choices/choices.ts";
import { prepareContext, type ReferenceContext } from "../reference/check_state.ts";
import { persistedVersions } from "../reference/spell_out.ts";
import { checkFound } from "../reference/check_found.ts";
import { RottingFile } from "../faults/bit_rot.ts";
import { type FaultRun, FAULTS } from "../faults/mod.ts";
import { faultyRunAt } from "../faults/explore_faults.ts";
import { checkSession } from "../faults/check_session.ts";
import { traceHash } from "../log/trace_hash.ts";
import { type Preset, presetNamed } from "../model/presets.ts";
import { timeline } from "../report/text/timeline.ts";
import type { Recording, Step } from "../target/subject.ts";
import type { Violation } from "../result/violation.ts";
import { stepText } from "../workload/workload_source.ts";
import { firstBadStep } from "./check_steps.ts";
import { bindingFor, type Format } from "./define_format.ts";
import type { FormatBinding } from "./format_binding.ts";
import { recordInOrder } from "./format_problem.ts";
import { parseToken, ReplayTokenError, type TokenCrash, type TokenParts } from "./replay_token.ts";
import { closed } from "./run_time_faults.ts";

/** The violations in one state of one workload. */
export interface ReplayResult {
  /** `violation` if the state breaks a promise. */
  readonly verdict: "clean" | "violation";
  /** The violation. */
  readonly violations: readonly Violation[];
  /** The workload. */
  readonly steps: readonly Step[];
  /** The workload, what reached the disk, and what is wrong, for people. */
  readonly text: string;
}

/**
 * Build the state that a replay token describes, recover it and check it: the same state, and the same
 * verdict as long as the format's code is the same. Once recovery is mended, the verdict is `clean`.
 *
 * Throws {@linkcode ReplayTokenError} for a token that is damaged or of another format; and for one
 * whose workload writes something else now, since then there is no such state any more: explore the
 * workload again.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineFormat, explore, readData, replay, write } from "@powercut/powercut";
 *
 * const careless = defineFormat({
 *   name: "careless",
 *   sizeBytes: 512,
 *   create: () => new Uint8Array(512),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {},
 * });
 * const [finding] = explore(careless).findings;
 * const { verdict, violations } = replay(careless, finding.token);
 * assertEquals([verdict, violations[0].kind], ["violation", "wrong-data"]);
 * ```
 */
export function replay(format: Format, token: string): ReplayResult {
  const binding = bindingFor(format);
  const parts = parseToken(token);
  const { preset: presetName, steps } = parts;
  if (parts.format !== binding.name) {
    const detail = `it belongs to the format '${parts.format}', not to '${binding.name}'`;
    throw new ReplayTokenError(token, "other format", detail);
  }
  const preset = presetNamed(presetName);
  const bad = firstBadStep(steps, binding.shape);
  if (!preset || bad || (parts.fault && !Object.hasOwn(FAULTS, parts.fault.name))) {
    const detail = bad
      ? `step ${bad.at + 1} is ${bad.reason}`
      : "its fault model or storage fault is not known";
    throw new ReplayTokenError(token, "other log", detail);
  }
  return new TokenReplay(binding, token, parts, preset).result();
}

/** A token that is played. */
class TokenReplay {
  readonly #binding: FormatBinding;
  readonly #token: string;
  readonly #parts: TokenParts;
  readonly #preset: Preset;

  constructor(binding: FormatBinding, token: string, parts: TokenParts, preset: Preset) {
    this.#binding = binding;
    this.#token = token;
    this.#parts = parts;
    this.#preset = preset;
  }

  result(): ReplayResult {
    const { state } = this.#parts;
    switch (state.kind) {
      case "refused":
        return this.#refused();
      case "bit":
        return this.#rotted(state.bit);
      case "end":
        return this.#session();
      case "crash":
        return this.#crash(state.crashes);
    }
  }

  #refused(): ReplayResult {
    try {
      recordInOrder(this.#binding, this.#parts.steps, this.#parts.order);
      return this.#found([], []);
    } catch (error) {
      const refusal = this.#binding.refusal(error);
      if (!refusal) throw error;
      return this.#found([{ kind: "unusable", ...refusal }], []);
    }
  }

  #rotted(bit: number): ReplayResult {
    const recording = this.#record(closed(this.#parts.steps));
    this.#checkHash(recording);
    const file = new RottingFile(recording);
    if (bit >= file.bitCount) throw this.#changed(`the file has ${file.bitCount} bits`);
    return this.#found(file.violationsOf(bit), [`bit ${bit} of the closed file changes`]);
  }

  #session(): ReplayResult {
    const run = this.#faultyRun();
    this.#checkHash(run);
    const { log, target, guestBytes } = run;
    const { watched } = prepareContext(log, target, this.#preset, { guestBytes });
    return this.#found(checkSession(log, watched, run.read), ["no power cut"]);
  }

  #crash([first, ...later]: readonly [TokenCrash, ...TokenCrash[]]): ReplayResult {
    const { fault, steps } = this.#parts;
    const recording = fault ? this.#faultyRun() : this.#record(steps);
    this.#checkHash(recording);
    const { log, target, guestBytes } = recording;
    const trial = prepareContext(log, target, this.#preset, { guestBytes });
    if (first.afterEvent >= log.events.length) {
      throw this.#changed(`its log ends at event ${log.events.length - 1}`);
    }
    const { choiceCount } = trial.points.after(first.afterEvent);
    if (first.choices.length !== choiceCount) {
      throw this.#changed(`its crash has ${choiceCount} choices`);
    }
    try {
      const violations = checkFound(trial, {
        crashAfterEvent: first.afterEvent,
        choices: first.choices,
        nested: later.map(({ afterEvent, choices }) => ({ afterEvent, choices })),
      });
      return this.#found(violations, crashText(trial, first, later));
    } catch (error) {
      if (error instanceof ChoiceError) throw this.#changed("recovery writes something else now");
      throw error;
    }
  }

  #record(steps: readonly Step[]): Recording {
    try {
      return recordInOrder(this.#binding, steps, this.#parts.order);
    } catch (error) {
      if (error instanceof ChoiceError) {
        throw this.#changed("its requests come in another order now");
      }
      const refusal = this.#binding.refusal(error);
      if (refusal) throw this.#changed(`the format refuses its workload now: ${refusal.detail}`);
      throw error;
    }
  }

  #faultyRun(): FaultRun {
    const { fault, steps } = this.#parts;
    const run = (filter: Parameters<FormatBinding["faultyRun"]>[1]) =>
      this.#binding.faultyRun(steps, filter);
    const found = fault && faultyRunAt(run, FAULTS[fault.name], fault.nth);
    if (!found) throw this.#changed("there are not so many requests that the fault can hit");
    return found;
  }

  #checkHash({ log, target }: Omit<Recording, "stepStarts">): void {
    const preset = this.#parts.state.kind === "bit" ? presetNamed("ordered")! : this.#preset;
    if (traceHash(log, { preset, target }) === this.#parts.traceHash) return;
    throw this.#changed("the workload writes something else now");
  }

  /** The token belongs to code that is not the same any more. */
  #changed(detail: string): ReplayTokenError {
    const { steps } = this.#parts;
    return new ReplayTokenError(
      this.#token,
      "other log",
      `${detail}; explore the workload again: explore(format, { workload: ${
        JSON.stringify(steps)
      } })`,
    );
  }

  #found(violations: readonly Violation[], lines: readonly string[]): ReplayResult {
    const { steps } = this.#parts;
    const verdict = violations.length === 0 ? "clean" : "violation";
    const text = [
      `'${this.#binding.name}' after ${steps.map(stepText).join(", then ")}: ${verdict}`,
      ...lines,
      ...violations.map(({ kind, detail }) => `${kind}: ${detail}`),
    ].join("\n");
    return { verdict, violations, steps, text };
  }
}

/** The writes that reached the disk. */
function crashText(
  { log, preset, points }: ReferenceContext,
  { afterEvent, choices }: TokenCrash,
  later: readonly TokenCrash[],
): string[] {
  const point = points.after(afterEvent);
  const { byUnit } = point.describe(new RecordedChoices(choices));
  const persisted = persistedVersions(log, preset, point.spelledOut(byUnit));
  return [
    ...timeline(log, afterEvent, persisted, point.pendingEvents).split("\n"),
    ...later.map((each) => `then recovery is cut short after its event ${each.afterEvent}`),
  ];
}

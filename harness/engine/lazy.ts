/**
 * The lazy engine: every state of every crash point, without visiting each.
 *
 * Recovery runs over a disk that decides what a sector holds only when it is first read, and the
 * size only when it is first asked for. Depth-first search over these choices, by running again,
 * visits each distinct behaviour of recovery once; a behaviour stands for every combination of
 * the units it never read. Guest data that recovery does not read is not branched on: each
 * version that each sector may hold must be permitted by itself, because what the guest may find
 * in one sector does not depend on another. (The idea, for persistent memory: Jaaru, ASPLOS 2021.)
 *
 * Crash points are explored an epoch at a time, see `Epoch` in model/epochs.ts.
 *
 * @module
 */
import type { Exploration, ExploreOptions, FoundViolation } from "../exploration.ts";
import { traceHash } from "../log/trace_hash.ts";
import type { WriteLog } from "../log/write_log.ts";
import { Contents } from "../model/contents.ts";
import { epochsOf } from "../model/epochs.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target.ts";
import { violationKey } from "../violation.ts";
import { ExhaustiveChoices } from "./choices.ts";
import { prepareTrial, type Trial } from "./concrete_judge.ts";
import { countImages, countStates, StateCounter } from "./count_states.ts";
import { EpochSearch } from "./epoch_search.ts";
import { Findings } from "./findings.ts";
import { judgeFound } from "./judge_found.ts";

/** Recoveries between two reports of progress. */
const PROGRESS_RECOVERIES = 1000;

/**
 * Explore every state that a crash after any event of `log` can leave under `preset`, and judge
 * each. Every violation is then built again as a concrete file and must show itself there too;
 * if it does not, that is a defect of this program and an error is thrown.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exploreLazily, Recorder, SECTORS, type Target } from "@powercut/powercut/harness";
 *
 * // A format of one sector, which needs no recovery.
 * const target: Target<void> = {
 *   name: "sector",
 *   opaqueLabels: new Set(["data"]),
 *   granularityBytes: 512,
 *   otherFiles: [],
 *   probes: [],
 *   recycle() {},
 *   *recover() {},
 *   *inspect() {
 *     return { problems: [], leakedBytes: 0 };
 *   },
 *   *read(_, offsetBytes, into) {
 *     yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
 *   },
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => undefined,
 * };
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * const bytes = new Uint8Array(512).fill(1);
 * recorder.guestWrite(0, bytes, target.write(undefined, 0, bytes));
 * const { verdict, states } = exploreLazily(recorder.log, target, SECTORS, { guestBytes: 512 });
 * assertEquals([verdict, states.exact], ["clean", "8"]);
 * ```
 */
export function exploreLazily(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: ExploreOptions,
): Exploration {
  const contents = new Contents();
  const trial = prepareTrial(log, target, preset, options);
  const findings = new Findings();
  const states = new StateCounter();
  const images = new StateCounter();
  let recoveries = 0;
  for (const epoch of epochsOf(log, contents, preset)) {
    const choices = new ExhaustiveChoices();
    const search = new EpochSearch(trial, epoch, {
      contents,
      choices,
      findings,
      addsUp: options.addsUp ?? true,
      depth: options.depth ?? 1,
    });
    countStates(search.space, states);
    if (preset.ruinBytes === 0) countImages(search.space, images);
    do {
      search.visit();
      const done = recoveries + search.recoveries;
      if (done % PROGRESS_RECOVERIES === 0) {
        options.onProgress?.(epoch.firstEvent + 1, log.events.length + 1, done);
      }
    } while (choices.advance());
    search.release();
    recoveries += search.recoveries;
  }
  const violations = findings.list(trial);
  confirm(violations, trial);
  return {
    verdict: violations.length === 0 ? "clean" : "violation",
    engine: "lazy",
    preset: preset.name,
    target: target.name,
    coverage: "exhaustive",
    traceHash: traceHash(log, { preset, target }),
    events: log.events.length,
    crashPoints: log.events.length + 1,
    states: states.total,
    ...(preset.ruinBytes === 0 && { images: images.total }),
    recoveries,
    violations,
  };
}

/** Build each violation's state as bytes and see it there too. */
function confirm(violations: readonly FoundViolation[], trial: Trial): void {
  for (const violation of violations) {
    const seen = judgeFound(trial, violation).map(violationKey);
    if (seen.includes(violationKey(violation))) continue;
    const { crashAfterEvent, tape, again = [] } = violation;
    const tapes = [tape, ...again.map((each) => each.tape)].map((each) => each.join(" "));
    throw new Error(
      `explorer: "${violationKey(violation)}" does not show in its own state (crash after event ` +
        `${crashAfterEvent}, tape ${tapes.join(" / ")}); seen there: ${
          seen.join("; ") || "nothing"
        }`,
    );
  }
}

/**
 * Orders by chance, where there are too many of them: priorities as in Burckhardt and others,
 * "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010).
 *
 * @module
 */
import { Random } from "../../lib/storage/random.ts";
import type { InFlight } from "../log/interleave.ts";
import type { Preset } from "../model/presets.ts";
import type { OrderedRun, OrderScheduler } from "./explore_orders.ts";
import { OrderWatch, type WatchedRun } from "./order_watch.ts";

/** How orders are drawn. */
export interface SampleOptions {
  /** The preset under which crashes are distinguished. */
  readonly preset: Preset;
  /** The same seed draws the same orders. */
  readonly seed: number;
  /** How many are drawn. */
  readonly samples: number;
  /** At how many moments of each run the first of the operations becomes the last; 2 if not given. */
  readonly changes?: number;
}

/** The result of sampling orders. */
export interface SampledOrders<T> {
  /** That not every order is covered. */
  readonly coverage: "sampled";
  /** How many orders were run; some may have been the same. */
  readonly schedules: number;
  /** One run for each log that a crash can distinguish from the others. */
  readonly runs: readonly OrderedRun<T>[];
}

/**
 * Run operations in random orders (probabilistic concurrency testing). Each operation gets a
 * priority, and of those that can continue the one with the highest does; at a few moments it falls
 * to the lowest priority. A bug that needs `changes` such moments, in runs of n choices of k
 * operations, is found with a probability of at least 1 / (k n^changes) by each run. The number of
 * choices is taken from the previous run.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, sampleOrders, SECTORS } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * function* write(value: number): Operation<void> {
 *   const bytes = new Uint8Array(512).fill(value);
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 * }
 * const { schedules, runs } = sampleOrders((scheduler) => {
 *   const recorder = new Recorder({ base: new Uint8Array(512) });
 *   scheduler.watch({
 *     events: recorder.events,
 *     contents: () => recorder.contents,
 *     fingerprint: () => "",
 *   });
 *   recorder.runTogether([write(1), write(2)], scheduler);
 *   return recorder.log;
 * }, { preset: SECTORS, seed: 1, samples: 20 });
 * assertEquals([schedules, runs.length], [20, 2]); // which of them issues its second write first
 * ```
 */
export function sampleOrders<T>(
  start: (scheduler: OrderScheduler) => T,
  options: SampleOptions,
): SampledOrders<T> {
  const random = new Random("orders", options.seed);
  const runs = new Map<string, OrderedRun<T>>();
  let length = 1;
  for (let i = 0; i < options.samples; i++) {
    const scheduler = new RecordingScheduler(
      options.preset,
      prioritised(random, {
        changes: options.changes ?? 2,
        length,
      }),
    );
    const result = start(scheduler);
    const trace = scheduler.trace();
    const { choices } = scheduler;
    length = Math.max(1, choices.length);
    if (!runs.has(trace)) runs.set(trace, { result, trace, choices });
  }
  return { coverage: "sampled", schedules: options.samples, runs: [...runs.values()] };
}

/**
 * The choices of a failing run, shrunk: each choice that the failure does not need becomes 0, the
 * first of those that can continue, and trailing zeroes are left out. None of the choices left can
 * become 0 without losing the failure.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, SECTORS, shrinkOrder } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * function* steps(seen: string[], name: string): Operation<void> {
 *   yield { kind: "size", file: 0 };
 *   yield { kind: "size", file: 0 };
 *   seen.push(name);
 * }
 * const choices = shrinkOrder([1, 0, 1, 0], (scheduler) => {
 *   const recorder = new Recorder({ base: new Uint8Array(0) });
 *   const seen: string[] = [];
 *   recorder.runTogether([steps(seen, "a"), steps(seen, "b")], scheduler);
 *   return seen.join() === "b,a";
 * }, SECTORS);
 * assertEquals(choices, [1, 0, 1]);
 * ```
 */
export function shrinkOrder(
  choices: readonly number[],
  fails: (scheduler: OrderScheduler) => boolean,
  preset: Preset,
): number[] {
  /** The choices that were really made, if the run fails. */
  const attempt = (wanted: readonly number[]): number[] | undefined => {
    let at = 0;
    const choose = (ready: readonly InFlight[]) => Math.min(wanted[at++] ?? 0, ready.length - 1);
    const scheduler = new RecordingScheduler(preset, choose);
    return fails(scheduler) ? withoutEnd(scheduler.choices) : undefined;
  };
  const first = attempt(choices);
  if (!first) throw new Error("orders: the run to be shrunk does not fail");
  let best = first;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (let i = 0; i < best.length; i++) {
      if (best[i] === 0) continue;
      const found = [best.with(i, 0), best.toSpliced(i, 1)].map(attempt)
        .find((choices) => choices && deviations(choices) < deviations(best));
      if (!found) continue;
      best = found;
      isSmaller = true;
    }
  }
  return best;
}

function deviations(choices: readonly number[]): number {
  return choices.filter((choice) => choice !== 0).length;
}

function withoutEnd(choices: readonly number[]): number[] {
  return choices.slice(0, choices.findLastIndex((choice) => choice !== 0) + 1);
}

/** Records the choices. */
class RecordingScheduler implements OrderScheduler {
  readonly choices: number[] = [];
  readonly #watch: OrderWatch;
  readonly #choose: (ready: readonly InFlight[]) => number;

  constructor(preset: Preset, choose: (ready: readonly InFlight[]) => number) {
    this.#watch = new OrderWatch(preset);
    this.#choose = choose;
  }

  watch(run: WatchedRun): void {
    this.#watch.watch(run);
  }

  choose(ready: readonly InFlight[], running: readonly InFlight[]): number {
    this.#watch.due(running);
    const choice = this.#choose(ready);
    this.choices.push(choice);
    return choice;
  }

  answered(inFlight: InFlight, answer: number): void {
    this.#watch.answered(inFlight, answer);
  }

  ended(): void {
    this.#watch.ended();
  }

  trace(): string {
    return this.#watch.trace();
  }
}

/** Chooses by priorities; the highest falls to the lowest at a few moments. */
function prioritised(
  random: Random,
  { changes, length }: { readonly changes: number; readonly length: number },
): (ready: readonly InFlight[]) => number {
  const changesAt = new Set<number>();
  for (let i = 0; i < changes; i++) changesAt.add(random.below(length));
  const priorities = new Map<number, number>();
  let lowest = 0;
  let at = 0;
  const priorityOf = ({ index }: InFlight) => {
    const known = priorities.get(index) ?? random.u32();
    priorities.set(index, known);
    return known;
  };
  const highest = (ready: readonly InFlight[]) => {
    const all = ready.map(priorityOf);
    return all.indexOf(Math.max(...all));
  };
  return (ready) => {
    if (changesAt.has(at++)) priorities.set(ready[highest(ready)].index, --lowest);
    return highest(ready);
  };
}

import { NotDeterministicError } from "../choices/not_deterministic_error.ts";
import type { InFlight, Scheduler } from "../log/interleave.ts";
import type { Preset } from "../model/presets.ts";
import { OrderWatch, type WatchedRun } from "./order_watch.ts";

/** A scheduler that needs access to the state that the operations share. */
export interface OrderScheduler extends Scheduler {
  /** Observe this run; call it before the operations run. */
  watch(run: WatchedRun): void;
}

/** How orders are enumerated. */
export interface OrderOptions {
  /** The preset under which crashes are distinguished. */
  readonly preset: Preset;
  /** The most schedules that are run; no limit if not given. The result says if it was reached. */
  readonly maxSchedules?: number;
  /** Whether known moments are explored again; to test the reduction. */
  readonly skipsReduction?: boolean;
}

/** One of the logs that orders lead to. */
export interface OrderedRun<T> {
  /** The value that the run returned. */
  readonly result: T;
  /** The choices that lead to it. */
  readonly choices: readonly number[];
  /** Equal for logs that no crash can distinguish. */
  readonly trace: string;
}

/** The result of enumerating orders. */
export interface OrderExploration<T> {
  /** Whether every order is covered, or the limit was reached. */
  readonly coverage: "exhaustive" | "stopped";
  /** How many orders there are; undefined if not all are covered. */
  readonly orders: bigint | undefined;
  /** How many schedules were run to their end. */
  readonly schedules: number;
  /** How many were left where they came to a moment that another one had been through. */
  readonly merged: number;
  /** The number of distinguishable moments. */
  readonly moments: number;
  /** One run for each log that a crash can distinguish from the others. */
  readonly runs: readonly OrderedRun<T>[];
}

/** A choice on the way of the search. */
interface Choice {
  readonly count: number;
  picked: number;
  readonly signature: string | undefined;
  /** How many orders go through the choices that have been tried. */
  orders: bigint;
}

/** Ends a run at a known moment. */
class KnownMoment {
  readonly orders: bigint;
  constructor(orders: bigint) {
    this.orders = orders;
  }
}

/**
 * Run operations in every order in which their requests may complete. `start` sets everything up
 * from scratch, the same each time, and runs it with the given scheduler, to which it passes the
 * state to observe. A schedule that reaches a known moment ends there, since the same runs follow;
 * so independent requests are not permuted. The number of orders is exact nevertheless.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exploreOrders, Recorder, SECTORS } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * function* write(offsetBytes: number): Operation<void> {
 *   const bytes = new Uint8Array(512).fill(1);
 *   yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 * }
 * const found = exploreOrders((scheduler) => {
 *   const recorder = new Recorder({ base: new Uint8Array(2048) });
 *   scheduler.watch({
 *     events: recorder.events,
 *     contents: () => recorder.contents,
 *     fingerprint: () => "", // they share nothing
 *   });
 *   recorder.runTogether([write(0), write(512), write(1024), write(1536)], scheduler);
 *   return recorder.log;
 * }, { preset: SECTORS });
 * assertEquals([found.coverage, found.orders, found.runs.length], ["exhaustive", 24n, 1]);
 * ```
 */
export function exploreOrders<T>(
  start: (scheduler: OrderScheduler) => T,
  options: OrderOptions,
): OrderExploration<T> {
  const search = new OrderSearch(options);
  const runs = new Map<string, OrderedRun<T>>();
  let schedules = 0;
  let merged = 0;
  let isLeft = true;
  while (isLeft && schedules + merged < (options.maxSchedules ?? Infinity)) {
    search.begin();
    let orders = 1n;
    try {
      const result = start(search);
      const trace = search.trace();
      if (!runs.has(trace)) runs.set(trace, { result, trace, choices: search.sequence() });
      schedules++;
    } catch (error) {
      if (!(error instanceof KnownMoment)) throw error;
      orders = error.orders;
      merged++;
    }
    isLeft = search.advance(orders);
  }
  return {
    coverage: isLeft ? "stopped" : "exhaustive",
    orders: isLeft ? undefined : search.orders,
    schedules,
    merged,
    moments: search.moments,
    runs: [...runs.values()],
  };
}

/** Depth first through the choices, by running again. */
class OrderSearch implements OrderScheduler {
  readonly #options: OrderOptions;
  readonly #path: Choice[] = [];
  /** For each moment that is done with, how many orders follow from it. */
  readonly #known = new Map<string, bigint>();
  #watch: OrderWatch;
  #depth = 0;
  /** How many orders there are, once the search is over. */
  orders = 0n;
  /** The number of moments explored. */
  moments = 0;

  constructor(options: OrderOptions) {
    this.#options = options;
    this.#watch = new OrderWatch(options.preset);
  }

  begin(): void {
    this.#watch = new OrderWatch(this.#options.preset);
    this.#depth = 0;
  }

  watch(run: WatchedRun): void {
    this.#watch.watch(run);
  }

  choose(ready: readonly InFlight[], running: readonly InFlight[]): number {
    this.#watch.due(running);
    const known = this.#path[this.#depth++];
    if (known) {
      if (known.count === ready.length) return known.picked;
      throw new NotDeterministicError(
        "the program that is run in orders",
        `step ${this.#depth - 1} led elsewhere`,
      );
    }
    const signature = this.#options.skipsReduction ? undefined : this.#watch.signature(running);
    const orders = signature === undefined ? undefined : this.#known.get(signature);
    if (orders !== undefined) throw new KnownMoment(orders);
    this.#path.push({ count: ready.length, picked: 0, signature, orders: 0n });
    this.moments++;
    return 0;
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

  sequence(): number[] {
    return this.#path.map(({ picked }) => picked);
  }

  /** Turn to the next schedule; `orders` were found after the last choice. */
  advance(orders: bigint): boolean {
    let found = orders;
    for (let last = this.#path.at(-1); last; last = this.#path.at(-1)) {
      last.orders += found;
      if (++last.picked < last.count) return true;
      if (last.signature !== undefined) this.#known.set(last.signature, last.orders);
      found = last.orders;
      this.#path.pop();
    }
    this.orders = found;
    return false;
  }
}

/**
 * When two moments of a run are equal, so that the runs after them need exploring only once.
 *
 * An operation depends only on the answers to its requests and on the memory that it shares with
 * others. So its position is given by all its requests with their answers and the bytes read, and
 * the shared memory each time it continued. Ranges and turns that it takes do not count: they show
 * in whether it waits, and in the order of the operations that wait now. Once it has ended, none of
 * this matters any more.
 *
 * Two moments are equal if each operation is at the same position, the shared memory and the file
 * are equal, and no crash can distinguish the logs (see trace.ts). Then the same choices lead to
 * logs that no crash can distinguish.
 *
 * @module
 */
import type { Request, Wait } from "../../lib/storage/mod.ts";
import type { InFlight } from "../log/interleave.ts";
import type { LogEvent } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { digestOf } from "../../lib/storage/digest.ts";
import { TraceBuilder } from "./trace.ts";

/** The state that concurrent operations share, read on demand. */
export interface WatchedRun {
  /** The events so far. */
  readonly events: readonly LogEvent[];
  /** The current contents of the recorded file. */
  contents(): Uint8Array;
  /**
   * All shared memory that influences the operations, except for their waits; equal strings for
   * equal memory. Undefined if unknown: then no moments are merged.
   */
  fingerprint(): string | undefined;
}

/** The owner of events that no choice has brought about. */
const NOBODY = -1;

/** Observes concurrent operations, and names the moments. */
export class OrderWatch {
  readonly #preset: Preset;
  #run: WatchedRun | undefined;
  #trace: TraceBuilder | undefined;
  /** The state of the log before it began again. */
  #earlier = "";
  #owners: number[] = [];
  #current = NOBODY;
  /** How many times operations have been run together before. */
  #rounds = 0;
  /** Where each operation stands. */
  #histories = new Map<number, string>();
  /** Whether the position of each operation is known. */
  #isTold = true;
  /** Those that wait, in the order in which their wait began, and in which an unbroken row of them did. */
  #waits: (Request | Wait)[] = [];
  #waiters: number[] = [];

  /** Crashes are distinguished under `preset`. */
  constructor(preset: Preset) {
    this.#preset = preset;
  }

  /** Observe this run from now on. */
  watch(run: WatchedRun): void {
    const before = this.#run;
    if (before && before.events !== run.events) {
      // The log begins again, on a file that depends on the earlier log.
      this.#earlier = this.trace();
      this.#trace = undefined;
      this.#owners = [];
      this.#current = NOBODY;
    }
    this.#run = run;
    this.#trace ??= new TraceBuilder(this.#preset, run.contents().length);
  }

  /** A choice is due. */
  due(running: readonly InFlight[]): void {
    this.#own();
    const waiting = running.filter(({ request }) => request.kind === "wait");
    const requests = waiting.map(({ request }) => request);
    this.#waits = inOrder(this.#waits, requests);
    this.#waiters = inOrder(this.#waiters, waiting.map(({ index }) => index));
  }

  /** A request has been answered, and its operation is about to continue. */
  answered({ index, request }: InFlight, answer: number): void {
    this.#own();
    this.#current = index;
    const shared = this.#run?.fingerprint();
    if (shared === undefined) this.#isTold = false;
    const read = request.kind === "read" ? request.into : "";
    const before = this.#histories.get(index) ?? "";
    const history = digestOf(before, describe(request), answer, read, shared ?? "");
    this.#histories.set(index, history);
  }

  /** All operations of this round have ended. */
  ended(): void {
    this.#own();
    this.#current = NOBODY;
    this.#rounds++;
    this.#histories = new Map();
  }

  /** The moment: equal moments have equal continuations. Undefined if unknown. */
  signature(running: readonly InFlight[]): string | undefined {
    const shared = this.#run?.fingerprint();
    if (!this.#run || shared === undefined || !this.#isTold) return undefined;
    const places = running.map(({ index, request }) => {
      const isReady = request.kind !== "wait" || request.turn.isReady;
      return [index, this.#histories.get(index), describe(request), isReady].join();
    });
    const waits = this.#waits.map((wait) => running.find(({ request }) => request === wait)?.index);
    const orders = [waits.join(), this.#waiters.join()];
    const contents = this.#run.contents();
    return digestOf(this.#rounds, ...places, ...orders, shared, contents, this.trace());
  }

  /** The part of the log so far that a crash can distinguish. */
  trace(): string {
    const trace = this.#trace;
    if (!trace) throw new Error("orders: nothing is watched; call watch before running together");
    this.#own();
    const { events } = this.#run ?? { events: [] };
    while (trace.length < events.length) {
      trace.add(events[trace.length], this.#owners[trace.length]);
    }
    return this.#earlier + trace.digest();
  }

  /** New events of the log belong to the operation that continued last. */
  #own(): void {
    const count = this.#run?.events.length ?? 0;
    while (this.#owners.length < count) this.#owners.push(this.#current);
  }
}

/** The rest of `before`, then the new part of `now`. */
function inOrder<T>(before: readonly T[], now: readonly T[]): T[] {
  return [
    ...before.filter((each) => now.includes(each)),
    ...now.filter((each) => !before.includes(each)),
  ];
}

/** A request with all that it asks for. */
function describe(request: Request | Wait): string {
  switch (request.kind) {
    case "wait":
      return `wait ${request.label}`;
    case "read":
      return JSON.stringify({ ...request, into: request.into.length });
    case "write":
      return JSON.stringify({ ...request, bytes: digestOf(request.bytes) });
    default:
      return JSON.stringify(request);
  }
}

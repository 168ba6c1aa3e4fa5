/**
 * What makes two moments of a run the same, so that what follows need be looked at only once.
 *
 * An operation is a program that goes by what it is answered and by the memory that it shares with
 * others. So where it stands is given by all its requests, with the answers, the bytes that were
 * read, and what the shared memory was like each time it went on. Ranges and turns that it takes are
 * no part of that: what it sees of them is whether it has to wait, which shows, and the order in
 * which those came that wait now. Once it has ended, none of this matters any more.
 *
 * Two moments are the same where each operation stands at the same place, the shared memory and the
 * file are the same, and no crash can tell the logs apart (see trace.ts). Then the same choices lead
 * to the same logs, as far as any crash can tell.
 *
 * @module
 */
import type { Request, Wait } from "../../lib/storage/mod.ts";
import type { InFlight } from "../log/interleave.ts";
import type { LogEvent } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { digestOf } from "../../lib/storage/digest.ts";
import { TraceBuilder } from "./trace.ts";

/** What operations that run together work on, as it is whenever it is looked at. */
export interface WatchedRun {
  /** The events so far. */
  readonly events: readonly LogEvent[];
  /** The recorded file as it is now. */
  contents(): Uint8Array;
  /**
   * All that the operations share in memory, and that decides what they do, but for whom they wait;
   * equal strings for equal memory. Undefined if that can't be told: then nothing is merged.
   */
  fingerprint(): string | undefined;
}

/** The owner of events that no choice has brought about. */
const NOBODY = -1;

/** Looks on while operations run together, and names the moments. */
export class OrderWatch {
  readonly #preset: Preset;
  #run: WatchedRun | undefined;
  #trace: TraceBuilder | undefined;
  /** What the log was like before it began again. */
  #earlier = "";
  #owners: number[] = [];
  #current = NOBODY;
  /** How many times operations have been run together before. */
  #rounds = 0;
  /** Where each operation stands. */
  #histories = new Map<number, string>();
  /** Whether the place of each operation can be told. */
  #isTold = true;
  /** Those that wait, in the order in which their wait began, and in which an unbroken row of them did. */
  #waits: (Request | Wait)[] = [];
  #waiters: number[] = [];

  /** Crashes are told apart as under `preset`. */
  constructor(preset: Preset) {
    this.#preset = preset;
  }

  /** Look at this run from now on. */
  watch(run: WatchedRun): void {
    const before = this.#run;
    if (before && before.events !== run.events) {
      // The log begins again, on a file that depends on what was before.
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

  /** A request has been answered, and its operation is about to go on. */
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

  /** The moment: equal for moments that are followed by the same. Undefined if it can't be told. */
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

  /** What no crash can tell from other logs: the log so far. */
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

  /** What was added to the log belongs to whoever went on last. */
  #own(): void {
    const count = this.#run?.events.length ?? 0;
    while (this.#owners.length < count) this.#owners.push(this.#current);
  }
}

/** What is left of `before`, then what is new of `now`. */
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

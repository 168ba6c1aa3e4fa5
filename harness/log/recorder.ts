import {
  type Filter,
  filtered,
  MemoryStorage,
  type Operation,
  type Request,
  runSync,
  type SyncStorage,
} from "../../lib/storage/mod.ts";
import { EventList, type EventStore } from "./event_store.ts";
import { type ChoiceFunction, interleave } from "./interleave.ts";
import { bytesSource, type LogEvent, type WriteLog } from "./write_log.ts";

/** The initial state of a {@linkcode Recorder}. */
export interface RecorderOptions {
  /** The contents of the recorded file. */
  readonly base: Uint8Array;
  /**
   * The initial contents of the guest's disk, from its start; zeroes follow. Empty if not given.
   */
  readonly guestBase?: Uint8Array;
  /** Further files that operations read, by slot from 1 on; they are not recorded. */
  readonly otherFiles?: readonly SyncStorage[];
  /** Where events are kept; in memory if not given. */
  readonly events?: EventStore;
  /** Filters between the operations and the recorder: injected bugs. */
  readonly filters?: readonly Filter[];
  /** Filters between the recorder and the files, for fault injection. */
  readonly faults?: readonly Filter[];
}

/**
 * Runs operations over a file in memory and logs the requests that reach it. Requests to other
 * files pass unlogged. The log marks where guest requests begin and where they are acknowledged,
 * since the promises are made to the guest, not to the file.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   for (const offsetBytes of [0, 512]) {
 *     const bytes = new Uint8Array(512).fill(1);
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   }
 * })());
 * assertEquals(recorder.log.events.map(({ kind }) => kind), [
 *   "write-issued",
 *   "write-completed",
 *   "write-issued",
 *   "write-completed",
 * ]);
 * ```
 */
export class Recorder {
  readonly #base: Uint8Array;
  readonly #guestBase: Uint8Array;
  readonly #file: MemoryStorage;
  readonly #files: readonly SyncStorage[];
  readonly #filters: readonly Filter[];
  readonly #events: EventStore;
  #nextId = 0;

  /** Start with an empty log. */
  constructor(options: RecorderOptions) {
    this.#base = options.base.slice();
    this.#events = options.events ?? new EventList();
    this.#guestBase = (options.guestBase ?? new Uint8Array(0)).slice();
    this.#file = new MemoryStorage(options.base);
    this.#files = [this.#file, ...(options.otherFiles ?? [])];
    this.#filters = [...(options.filters ?? []), this.filter, ...(options.faults ?? [])];
  }

  /** The log so far. */
  get log(): WriteLog {
    return {
      base: bytesSource(this.#base),
      guestBase: bytesSource(this.#guestBase),
      events: this.#events.list(),
      bystanders: dataRanges(this.#guestBase),
    };
  }

  /** How many events the log has so far. */
  get eventCount(): number {
    return this.#events.length;
  }

  /** The events so far, growing with the log; for observers of a recording. */
  get events(): readonly LogEvent[] {
    return this.#events.live;
  }

  /** The current contents of the recorded file. */
  get contents(): Uint8Array {
    return this.#file.toBytes();
  }

  /** Run an operation that is not a guest request: open, close. */
  run<T>(operation: Operation<T>): T {
    return runSync(filtered(operation, ...this.#filters), this.#files);
  }

  /** Run operations concurrently; see {@linkcode interleave} for `choose`. */
  runTogether(
    operations: readonly Operation<unknown>[],
    choose: ChoiceFunction,
  ): void {
    const recorded = operations.map((operation) => filtered(operation, ...this.#filters));
    interleave(recorded, this.#files, choose);
  }

  /** Run the operation that carries out a guest's write of `bytes` at `offsetBytes`. */
  guestWrite(offsetBytes: number, bytes: Uint8Array, operation: Operation<void>): void {
    this.run(this.asGuestWrite(offsetBytes, bytes, operation));
  }

  /** Run the operation that carries out a guest's flush. */
  guestFlush(operation: Operation<void>): void {
    this.run(this.asGuestFlush(operation));
  }

  /**
   * The operation that carries out a guest's write of `bytes` at `offsetBytes`, and marks in the
   * log when it begins and when it is acknowledged; to be run with others.
   */
  *asGuestWrite(
    offsetBytes: number,
    bytes: Uint8Array,
    operation: Operation<void>,
  ): Operation<void> {
    const id = this.#nextId++;
    this.#add({ kind: "guest-write-begun", id, offsetBytes, bytes: bytes.slice() });
    yield* operation;
    this.#add({ kind: "guest-acknowledged", id });
  }

  /** The operation that carries out a guest's flush, with its marks; to be run with others. */
  *asGuestFlush(operation: Operation<void>): Operation<void> {
    const id = this.#nextId++;
    this.#add({ kind: "guest-flush-begun", id });
    yield* operation;
    this.#add({ kind: "guest-acknowledged", id });
  }

  /**
   * The next operation gives up `lengthBytes` of space: from here on that much more may be lost.
   */
  giveUpSpace(lengthBytes: number): void {
    this.#add({ kind: "space-given-up", lengthBytes });
  }

  /** The guest learns that its unflushed data may be lost: later flushes do not cover it. */
  warnGuest(): void {
    this.#add({ kind: "guest-warned" });
  }

  /** Put a remark into the log. */
  mark(text: string): void {
    this.#add({ kind: "mark", text });
  }

  /** The filter that logs; it may be put between other filters and other storage. */
  readonly filter: Filter = (request) => this.#record(request);

  *#record(request: Request): Operation<number> {
    if (request.file !== 0) return yield request;
    switch (request.kind) {
      case "write": {
        const id = this.#nextId++;
        const { offsetBytes, label } = request;
        // A copy: the program may reuse its buffer.
        this.#add({ kind: "write-issued", id, offsetBytes, bytes: request.bytes.slice(), label });
        return yield* this.#outcome(request, "write", id);
      }
      case "flush": {
        const id = this.#nextId++;
        this.#add({ kind: "flush-issued", id, label: request.label });
        return yield* this.#outcome(request, "flush", id);
      }
      case "resize": {
        const answer = yield request;
        this.#add({ kind: "resized", sizeBytes: request.sizeBytes, label: request.label });
        return answer;
      }
      case "discard": {
        const answer = yield request;
        const { offsetBytes, lengthBytes, label } = request;
        this.#add({ kind: "discarded", offsetBytes, lengthBytes, label });
        return answer;
      }
      default:
        return yield request;
    }
  }

  *#outcome(request: Request, kind: "write" | "flush", id: number): Operation<number> {
    try {
      const answer = yield request;
      this.#add({ kind: `${kind}-completed`, id });
      return answer;
    } catch (error) {
      this.#add({ kind: `${kind}-failed`, id });
      throw error;
    }
  }

  #add(event: LogEvent): void {
    this.#events.push(event);
  }
}

/** Bytes compared at a time when the guest's base is searched for data. */
const BLOCK_BYTES = 4096;

/** Where `bytes` holds anything but zeroes. */
function dataRanges(bytes: Uint8Array): { offsetBytes: number; lengthBytes: number }[] {
  const ranges: { offsetBytes: number; lengthBytes: number }[] = [];
  for (let offsetBytes = 0; offsetBytes < bytes.length; offsetBytes += BLOCK_BYTES) {
    const block = bytes.subarray(offsetBytes, offsetBytes + BLOCK_BYTES);
    if (!isZero(block)) ranges.push({ offsetBytes, lengthBytes: block.length });
  }
  return ranges;
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { decodeEvent, encodeEvent } from "./log_file.ts";
import type { LogEvent } from "./write_log.ts";

/** Where a recorder keeps the events of its log. */
export interface EventStore {
  /** Take the next event; its bytes do not change afterwards. */
  push(event: LogEvent): void;
  /** How many there are. */
  readonly length: number;
  /** All events so far; later ones are not in it. */
  list(): readonly LogEvent[];
  /** The same array each time, in which later events show up. */
  readonly live: readonly LogEvent[];
}

/** Events in memory. */
export class EventList implements EventStore {
  readonly #events: LogEvent[] = [];

  /** Take the next event. */
  push(event: LogEvent): void {
    this.#events.push(event);
  }

  /** How many there are. */
  get length(): number {
    return this.#events.length;
  }

  /** All that are there now. */
  list(): readonly LogEvent[] {
    return [...this.#events];
  }

  /** The events themselves. */
  get live(): readonly LogEvent[] {
    return this.#events;
  }
}

/** Bytes that are written, or read, together. */
const BLOCK_BYTES = 2 ** 20;

/**
 * Events in a file, for logs that do not fit in memory: a million writes take some MiB of it.
 * Events are read on demand, which is fast in the order of the log.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { EventFile } from "@powercut/powercut/harness/advanced";
 *
 * const path = Deno.makeTempFileSync();
 * {
 *   using file = new EventFile(path);
 *   for (let id = 0; id < 3; id++) file.push({ kind: "mark", text: `number ${id}` });
 *   const events = file.list();
 *   assertEquals([events.length, events[1]], [3, { kind: "mark", text: "number 1" }]);
 * }
 * Deno.removeSync(path);
 * ```
 */
export class EventFile implements EventStore, Disposable {
  readonly #file: number;
  /** Where each event starts in the file. */
  #starts = new Float64Array(1024);
  #count = 0;
  #endBytes = 0;
  /** Events that are not in the file yet, and their size. */
  #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  /** The piece of the file that was read last. */
  #block = new Uint8Array(0);
  #blockStart = 0;
  #last: { readonly at: number; readonly event: LogEvent } | undefined;

  /** Keep events in the file at `path`, which is truncated; after `head`, if given. */
  constructor(path: string, head: Uint8Array = new Uint8Array(0)) {
    this.#file = openSync(path, "w+");
    this.#unwritten.push(head);
    this.#unwrittenBytes = this.#endBytes = head.length;
  }

  /** Take the next event. */
  push(event: LogEvent): void {
    if (this.#count + 1 >= this.#starts.length) {
      const grown = new Float64Array(2 * this.#starts.length);
      grown.set(this.#starts);
      this.#starts = grown;
    }
    this.#starts[this.#count++] = this.#endBytes;
    const record = encodeEvent(event);
    this.#endBytes += record.length;
    this.#starts[this.#count] = this.#endBytes;
    this.#unwritten.push(record);
    this.#unwrittenBytes += record.length;
    if (this.#unwrittenBytes >= BLOCK_BYTES) this.#write();
  }

  /** How many there are. */
  get length(): number {
    return this.#count;
  }

  /** All that are there now: like an array, read from the file. */
  list(): readonly LogEvent[] {
    const count = this.#count;
    return this.#arrayOf(() => count);
  }

  /** Includes events that are pushed later. */
  readonly live: readonly LogEvent[] = this.#arrayOf(() => this.#count);

  /** Complete the file and close it; its lists can't be used any more. */
  [Symbol.dispose](): void {
    this.#write();
    closeSync(this.#file);
  }

  #arrayOf(length: () => number): readonly LogEvent[] {
    return new Proxy([], {
      get: (array, key, receiver) => {
        if (key === "length") return length();
        const at = typeof key === "string" ? Number(key) : NaN;
        return Number.isInteger(at) ? this.#event(at, length()) : Reflect.get(array, key, receiver);
      },
      has: (array, key) => Number(key) < length() || Reflect.has(array, key),
    });
  }

  #event(at: number, count: number): LogEvent | undefined {
    if (at < 0 || at >= count) return undefined;
    if (this.#last?.at !== at) this.#last = { at, event: decodeEvent(this.#record(at), at) };
    return this.#last.event;
  }

  #record(at: number): Uint8Array {
    if (this.#unwrittenBytes > 0) this.#write();
    const [start, end] = [this.#starts[at], this.#starts[at + 1]];
    if (start < this.#blockStart || end > this.#blockStart + this.#block.length) {
      this.#block = new Uint8Array(
        Math.max(end - start, Math.min(BLOCK_BYTES, this.#endBytes - start)),
      );
      readSync(this.#file, this.#block, 0, this.#block.length, start);
      this.#blockStart = start;
    }
    // A copy: keeping it must not keep the whole block.
    return this.#block.slice(start - this.#blockStart, end - this.#blockStart);
  }

  #write(): void {
    let at = this.#endBytes - this.#unwrittenBytes;
    for (const record of this.#unwritten) {
      for (let done = 0; done < record.length;) {
        done += writeSync(this.#file, record, done, record.length - done, at + done);
      }
      at += record.length;
    }
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
  }
}

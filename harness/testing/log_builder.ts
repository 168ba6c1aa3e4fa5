/** Builds write logs by hand, event by event: for tests of what a recorder would never see. */
import { bytesSource, type LogEvent, type WriteLog } from "../log/write_log.ts";

/** Bytes of a sector. */
export const SECTOR = 512;

/** `lengthBytes` bytes of the same value. */
export function filled(value: number, lengthBytes = SECTOR): Uint8Array {
  return new Uint8Array(lengthBytes).fill(value);
}

/** Sectors one after the other, each of one value. */
export function sectorsOf(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * SECTOR);
  values.forEach((value, i) => bytes.fill(value, i * SECTOR, (i + 1) * SECTOR));
  return bytes;
}

/** Properties of a write in a {@linkcode LogBuilder}. */
export interface IssueOptions {
  /** Durable when it completes. */
  readonly forceUnitAccess?: boolean;
  /** What it is for. */
  readonly label?: string;
}

/** A log in the making. What is issued is answered with its id; `at` is the last event's number. */
export class LogBuilder {
  readonly events: LogEvent[] = [];
  #nextId = 0;

  /** The number of the last event; -1 before the first. */
  get at(): number {
    return this.events.length - 1;
  }

  /** Issue a write. */
  issue(offsetBytes: number, bytes: Uint8Array, options: IssueOptions = {}): number {
    const id = this.#nextId++;
    const { label = "data", forceUnitAccess } = options;
    this.events.push({
      kind: "write-issued",
      id,
      offsetBytes,
      bytes,
      label,
      ...(forceUnitAccess && { forceUnitAccess }),
    });
    return id;
  }

  /** A write in flight completes. */
  complete(id: number): void {
    this.events.push({ kind: "write-completed", id });
  }

  /** A write in flight fails. */
  fail(id: number): void {
    this.events.push({ kind: "write-failed", id });
  }

  /** A flush in flight fails. */
  failFlush(id: number): void {
    this.events.push({ kind: "flush-failed", id });
  }

  /** A write that completes at once. */
  write(offsetBytes: number, bytes: Uint8Array, options: IssueOptions = {}): void {
    this.complete(this.issue(offsetBytes, bytes, options));
  }

  /** Issue a flush. */
  issueFlush(label = "flush"): number {
    const id = this.#nextId++;
    this.events.push({ kind: "flush-issued", id, label });
    return id;
  }

  /** A flush in flight completes. */
  completeFlush(id: number): void {
    this.events.push({ kind: "flush-completed", id });
  }

  /** A flush that completes at once. */
  flush(label?: string): void {
    this.completeFlush(this.issueFlush(label));
  }

  /** Change the size of the file. */
  resize(sizeBytes: number): void {
    this.events.push({ kind: "resized", sizeBytes, label: "resize" });
  }

  /** Discard a range. */
  discard(offsetBytes: number, lengthBytes: number): void {
    this.events.push({ kind: "discarded", offsetBytes, lengthBytes, label: "discard" });
  }

  /** The guest begins a write. */
  beginGuestWrite(offsetBytes: number, bytes: Uint8Array): number {
    const id = this.#nextId++;
    this.events.push({ kind: "guest-write-begun", id, offsetBytes, bytes });
    return id;
  }

  /** The guest begins a flush. */
  beginGuestFlush(): number {
    const id = this.#nextId++;
    this.events.push({ kind: "guest-flush-begun", id });
    return id;
  }

  /** A guest's request is acknowledged. */
  acknowledge(id: number): void {
    this.events.push({ kind: "guest-acknowledged", id });
  }

  /** The guest learns that unflushed data may be lost. */
  warn(): void {
    this.events.push({ kind: "guest-warned" });
  }

  /** A remark. */
  mark(text: string): void {
    this.events.push({ kind: "mark", text });
  }

  /** The log so far over a file that holds `base`, and a guest's disk that holds `guestBase`. */
  log(base: Uint8Array, guestBase: Uint8Array = new Uint8Array(0)): WriteLog {
    return {
      base: bytesSource(base),
      guestBase: bytesSource(guestBase),
      events: [...this.events],
    };
  }
}

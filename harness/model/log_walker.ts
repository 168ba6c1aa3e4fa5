import type { LogEvent, WriteLog } from "../log/write_log.ts";
import type { Contents } from "./contents.ts";
import { DurableImage } from "./durable_image.ts";
import type { Epoch, PendingWrite, SizeVersion, SpaceGivenUp } from "./epoch.ts";
import type { GuestHistory } from "./guest_history.ts";

/** Replays a log and tracks durability. */
export class LogWalker {
  readonly #flushesAreHonest: boolean;
  readonly #durable: DurableImage;
  readonly #history: GuestHistory;
  #writes: PendingWrite[] = [];
  #sizes: SizeVersion[];
  #settledBytes: number;
  readonly #givenUp: SpaceGivenUp[] = [];
  /** Writes in flight, and which of them become durable when they complete. */
  readonly #inFlight = new Map<number, PendingWrite>();
  readonly #forced = new Set<number>();
  /** The last event that set the size; it may have cut off earlier writes. */
  #resizedAt = -1;
  /** For each flush in flight: the writes and the size that it will make durable. */
  readonly #flushes = new Map<number, { writes: PendingWrite[]; size: SizeVersion }>();

  constructor(
    log: WriteLog,
    contents: Contents,
    history: GuestHistory,
    flushesAreHonest: boolean,
  ) {
    this.#durable = new DurableImage(log.base, contents);
    this.#history = history;
    this.#flushesAreHonest = flushesAreHonest;
    this.#sizes = [{ sizeBytes: log.base.sizeBytes, event: -1 }];
    this.#settledBytes = log.base.sizeBytes;
  }

  epoch(firstEvent: number, lastEvent: number): Epoch {
    return {
      firstEvent,
      lastEvent,
      durable: this.#durable,
      writes: this.#writes,
      sizes: this.#sizes,
      history: this.#history,
      settledBytes: this.#settledBytes,
      givenUp: this.#givenUp,
    };
  }

  /** Between two epochs: forget contents that none of the rest can hold. */
  dropContents(): void {
    this.#history.dropContents();
    this.#durable.forgetIds();
  }

  /** Whether the event makes something durable, or a promise stricter. */
  isBoundary(event: LogEvent): boolean {
    switch (event.kind) {
      case "flush-completed": {
        const flush = this.#flushes.get(event.id);
        return this.#flushesAreHonest && flush !== undefined &&
          (flush.writes.length > 0 || flush.size !== this.#sizes[0]);
      }
      case "write-completed":
        return this.#forced.has(event.id);
      case "guest-acknowledged":
        return this.#history.isFlush(event.id);
      default:
        return false;
    }
  }

  apply(event: LogEvent, at: number): void {
    switch (event.kind) {
      case "write-issued":
        if (event.forceUnitAccess && this.#flushesAreHonest) this.#forced.add(event.id);
        this.#addWrite(
          at,
          event.id,
          event,
          Math.max(
            this.#sizeBytes(),
            event.offsetBytes + event.bytes.length,
          ),
        );
        break;
      case "write-completed":
        this.#complete(event.id, at);
        break;
      case "write-failed":
        this.#fail(event.id, at);
        break;
      case "flush-failed":
        for (const write of this.#flushes.get(event.id)?.writes ?? []) {
          this.#setUnresolved(write, at);
        }
        this.#flushes.delete(event.id);
        break;
      case "resized":
        this.#resize(at, event.sizeBytes, event.label);
        break;
      case "discarded":
        this.#addWrite(at, -1, { ...event, bytes: undefined }, this.#sizeBytes());
        break;
      case "flush-issued":
        this.#flushes.set(event.id, {
          writes: this.#writes.filter((write) => write.completed && !write.isUnresolved),
          size: this.#lastCompletedSize(),
        });
        break;
      case "flush-completed":
        this.#finishFlush(event.id);
        break;
      case "space-given-up":
        this.#giveUp(at, event.lengthBytes);
        break;
      default:
        this.#history.apply(event, at);
        if (event.kind === "guest-acknowledged" && this.#history.settledAt === at) {
          this.#settledBytes = this.#sizes[0].sizeBytes;
        }
    }
  }

  #giveUp(event: number, lengthBytes: number): void {
    const before = this.#givenUp[this.#givenUp.length - 1]?.totalBytes ?? 0;
    this.#givenUp.push({ event, totalBytes: before + lengthBytes });
  }

  #sizeBytes(): number {
    return this.#sizes[this.#sizes.length - 1].sizeBytes;
  }

  #addWrite(
    event: number,
    id: number,
    range: {
      offsetBytes: number;
      lengthBytes?: number;
      bytes: Uint8Array | undefined;
      label: string;
    },
    sizeAfterBytes: number,
  ): void {
    const { offsetBytes, bytes, label } = range;
    const lengthBytes = bytes?.length ?? range.lengthBytes ?? 0;
    const completed = id < 0;
    const write: PendingWrite = {
      event,
      id,
      offsetBytes,
      lengthBytes,
      bytes,
      label,
      completed,
      completedAt: completed ? event : Infinity,
      isUnresolved: false,
    };
    this.#writes.push(write);
    if (!completed) this.#inFlight.set(id, write);
    if (sizeAfterBytes !== this.#sizeBytes()) {
      this.#sizes.push({ sizeBytes: sizeAfterBytes, event });
    }
  }

  /** A cut is a change of size and zeroes over the range cut off; growth is only the former. */
  #resize(event: number, sizeBytes: number, label: string): void {
    const cutBytes = Math.max(0, this.#sizeBytes() - sizeBytes);
    const range = { offsetBytes: sizeBytes, lengthBytes: cutBytes, bytes: undefined, label };
    this.#addWrite(event, -1, range, sizeBytes);
    this.#resizedAt = event;
  }

  #complete(id: number, at: number): void {
    const write = this.#inFlight.get(id);
    if (!write) return;
    this.#inFlight.delete(id);
    write.completed = true;
    write.completedAt = at;
    if (this.#forced.delete(id)) this.#makeDurable([write], this.#lastCompletedSize());
  }

  #fail(id: number, at: number): void {
    const write = this.#inFlight.get(id);
    this.#inFlight.delete(id);
    if (write) this.#setUnresolved(write, at);
  }

  /** It is never completed; the sectors that it reached keep their versions. */
  #setUnresolved(write: PendingWrite, at: number): void {
    write.isUnresolved = true;
    write.completed = true;
    write.completedAt = Math.min(write.completedAt, at);
  }

  #finishFlush(id: number): void {
    const flush = this.#flushes.get(id);
    if (!flush) return;
    this.#flushes.delete(id);
    if (this.#flushesAreHonest) this.#makeDurable(flush.writes, flush.size);
  }

  /** Durable data is inside the file, also where a write still in flight made the file grow. */
  #reach(durable: readonly PendingWrite[]): void {
    let endBytes = 0;
    for (const { event, bytes, offsetBytes } of durable) {
      if (bytes && event > this.#resizedAt) {
        endBytes = Math.max(endBytes, offsetBytes + bytes.length);
      }
    }
    if (endBytes > this.#sizes[0].sizeBytes) {
      this.#sizes = [{ sizeBytes: endBytes, event: -1 }, ...this.#sizes.slice(1)];
    }
  }

  /** The size that the writes completed so far have brought about. */
  #lastCompletedSize(): SizeVersion {
    const inFlight = new Set([...this.#inFlight.values()].map(({ event }) => event));
    return this.#sizes.findLast((size) => !inFlight.has(size.event)) ?? this.#sizes[0];
  }

  #makeDurable(writes: readonly PendingWrite[], size: SizeVersion): void {
    const done = new Set(writes);
    for (const write of this.#writes) {
      if (done.has(write)) this.#durable.write(write.offsetBytes, write.lengthBytes, write.bytes);
    }
    const isGone = (write: PendingWrite) =>
      write.isUnresolved &&
      writes.some((newer) => newer.event > write.event && covers(newer, write));
    this.#writes = this.#writes.filter((write) => !done.has(write) && !isGone(write));
    const index = this.#sizes.indexOf(size);
    // A size that another flush has overtaken is history already.
    if (index > 0) {
      this.#sizes = [{ sizeBytes: size.sizeBytes, event: -1 }, ...this.#sizes.slice(index + 1)];
    }
    this.#reach(writes);
  }
}

/** Whether a write goes to all of the place that another one went to. */
function covers(newer: PendingWrite, older: PendingWrite): boolean {
  return newer.offsetBytes <= older.offsetBytes &&
    newer.offsetBytes + newer.lengthBytes >= older.offsetBytes + older.lengthBytes;
}

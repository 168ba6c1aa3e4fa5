import type { LogEvent, WriteLog } from "../log/write_log.ts";
import { PagedStorage } from "../model/paged_storage.ts";
import type { Preset } from "../model/presets.ts";

/** A write (or a cut, or a discard) of a log. */
export interface WriteEvent {
  /** The event that issued it. */
  readonly at: number;
  /** The request's id in the log, or -1 for a size change or discard. */
  readonly id: number;
  /** Where it goes, in bytes. */
  readonly offsetBytes: number;
  /** How many bytes. */
  readonly lengthBytes: number;
  /** The bytes, or undefined for zeroes. */
  readonly bytes: Uint8Array | undefined;
}

/** The writes and the size that a flush will make durable. */
interface Covered {
  readonly writes: ReadonlySet<WriteEvent>;
  /** The event of the size. */
  readonly sizeAt: number;
}

/** A size of the file and the event that set it; -1 for the durable one. */
export interface SizeEvent {
  /** The size in bytes. */
  readonly sizeBytes: number;
  /** The event. */
  readonly at: number;
}

/**
 * Plain replay of the file: the durable contents, as bytes, and the pending writes, one by one.
 */
export class DiskReplay {
  readonly #preset: Preset;
  #durable: PagedStorage;
  #pending: WriteEvent[] = [];
  #sizes: readonly SizeEvent[];
  #resizedAt = -1;
  #maxBytes = 0;
  /** Completed requests that may not be durable yet. */
  readonly #completed = new Set<number>();
  readonly #forced = new Set<number>();
  readonly #covers = new Map<number, Covered>();
  /** Failed writes, and writes that a failed flush should have covered. */
  readonly #unresolved = new Set<WriteEvent>();

  /** The file before anything has happened. */
  constructor({ base }: Pick<WriteLog, "base">, preset: Preset) {
    this.#preset = preset;
    this.#durable = new PagedStorage(base);
    this.#sizes = [{ sizeBytes: base.sizeBytes, at: -1 }];
  }

  /** The durable contents; do not change them. Their size is not the size of the file. */
  get durable(): PagedStorage {
    return this.#durable;
  }

  /** The pending writes, in the order of issue. */
  get pending(): readonly WriteEvent[] {
    return this.#pending;
  }

  /** The sizes that may be on disk; the durable one first. */
  get sizes(): readonly SizeEvent[] {
    return this.#sizes;
  }

  /** The largest size the file ever had, in bytes. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Whether a request was not answered yet. */
  isInFlight(id: number): boolean {
    return !this.#completed.has(id);
  }

  /** A copy of the file at the same place in the log, independent of this one. */
  fork(): DiskReplay {
    const copy = new DiskReplay({ base: this.#durable }, this.#preset);
    copy.#durable = this.#durable.fork();
    copy.#pending = [...this.#pending];
    copy.#sizes = this.#sizes;
    copy.#resizedAt = this.#resizedAt;
    copy.#maxBytes = this.#maxBytes;
    for (const id of this.#completed) copy.#completed.add(id);
    for (const id of this.#forced) copy.#forced.add(id);
    for (const [id, covered] of this.#covers) copy.#covers.set(id, covered);
    for (const write of this.#unresolved) copy.#unresolved.add(write);
    return copy;
  }

  /** Go on by one event. */
  apply(event: LogEvent, at: number): void {
    switch (event.kind) {
      case "write-issued": {
        const { id, offsetBytes, bytes } = event;
        this.#pending.push({ at, id, offsetBytes, lengthBytes: bytes.length, bytes });
        this.#sizeNow(Math.max(this.#sizeBytes(), offsetBytes + bytes.length), at);
        if (event.forceUnitAccess) this.#forced.add(id);
        break;
      }
      case "write-completed": {
        this.#completed.add(event.id);
        if (!this.#forced.has(event.id)) break;
        const writes = new Set(this.#pending.filter((write) => write.id === event.id));
        this.#makeDurable({ writes, sizeAt: this.#completedSizeAt() });
        break;
      }
      case "write-failed":
        for (const write of this.#pending) if (write.id === event.id) this.#unresolved.add(write);
        this.#completed.add(event.id);
        break;
      case "flush-issued": {
        const done = this.#pending.filter((write) =>
          (write.id < 0 || this.#completed.has(write.id)) && !this.#unresolved.has(write)
        );
        this.#covers.set(event.id, { writes: new Set(done), sizeAt: this.#completedSizeAt() });
        break;
      }
      case "flush-failed":
        for (const write of this.#covers.get(event.id)?.writes ?? []) this.#unresolved.add(write);
        this.#covers.delete(event.id);
        break;
      case "flush-completed": {
        const covered = this.#covers.get(event.id);
        this.#covers.delete(event.id);
        if (covered) this.#makeDurable(covered);
        break;
      }
      case "resized":
        this.#zeroFrom(at, event.sizeBytes, Math.max(0, this.#sizeBytes() - event.sizeBytes));
        this.#sizeNow(event.sizeBytes, at);
        this.#resizedAt = at;
        break;
      case "discarded":
        this.#zeroFrom(at, event.offsetBytes, event.lengthBytes);
    }
  }

  #zeroFrom(at: number, offsetBytes: number, lengthBytes: number): void {
    this.#pending.push({ at, id: -1, offsetBytes, lengthBytes, bytes: undefined });
  }

  #sizeBytes(): number {
    return this.#sizes[this.#sizes.length - 1].sizeBytes;
  }

  #sizeNow(sizeBytes: number, at: number): void {
    this.#maxBytes = Math.max(this.#maxBytes, sizeBytes);
    if (sizeBytes !== this.#sizeBytes()) this.#sizes = [...this.#sizes, { sizeBytes, at }];
  }

  /** The event of the newest size change whose request has completed. */
  #completedSizeAt(): number {
    const underWay = new Set(
      this.#pending.filter((write) => write.id >= 0 && this.isInFlight(write.id))
        .map((write) => write.at),
    );
    return this.#sizes.findLast((size) => !underWay.has(size.at))?.at ?? -1;
  }

  #makeDurable({ writes, sizeAt }: Covered): void {
    if (!this.#preset.flushesAreHonest) return;
    for (const write of this.#pending) {
      if (!writes.has(write)) continue;
      applyWrite(this.#durable, write);
      this.#completed.delete(write.id);
      this.#forced.delete(write.id);
    }
    this.#pending = this.#pending.filter((write) => !writes.has(write));
    if (this.#unresolved.size > 0) this.#forgetUnresolved(writes);
    const index = this.#sizes.findIndex((size) => size.at === sizeAt);
    if (index > 0) {
      const [durable, ...newer] = this.#sizes.slice(index);
      this.#sizes = [{ sizeBytes: durable.sizeBytes, at: -1 }, ...newer];
    }
    // Durable data that no later resize cut off is inside the file.
    for (const { at, bytes, offsetBytes, lengthBytes } of writes) {
      const endBytes = offsetBytes + lengthBytes;
      if (!bytes || at < this.#resizedAt || endBytes <= this.#sizes[0].sizeBytes) continue;
      this.#sizes = [{ sizeBytes: endBytes, at: -1 }, ...this.#sizes.slice(1)];
    }
  }

  /** Unresolved writes are gone where something newer is durable now. */
  #forgetUnresolved(durable: ReadonlySet<WriteEvent>): void {
    for (const { at, offsetBytes, lengthBytes } of durable) {
      const endBytes = offsetBytes + lengthBytes;
      this.#pending = this.#pending.filter((write) =>
        !this.#unresolved.has(write) || write.at > at || write.offsetBytes < offsetBytes ||
        write.offsetBytes + write.lengthBytes > endBytes
      );
    }
  }
}

/** Apply the part of a write that falls between two offsets. */
export function applyWrite(
  file: PagedStorage,
  write: WriteEvent,
  { fromBytes, toBytes }: { fromBytes: number; toBytes: number } = WHOLE,
): void {
  const from = Math.max(fromBytes, write.offsetBytes);
  const to = Math.min(toBytes, write.offsetBytes + write.lengthBytes);
  if (from >= to) return;
  const at = from - write.offsetBytes;
  file.write(from, to - from, write.bytes?.subarray(at, at + to - from));
}

const WHOLE = Object.freeze({ fromBytes: 0, toBytes: Infinity });

import type { Request, SyncStorage } from "../../lib/storage/mod.ts";
import { SECTOR_BYTES } from "../model/contents.ts";

/** The source of a part of the guest's read. */
export interface Span {
  /** The file that holds it: 0 the one under test. */
  readonly file: number;
  /** The position of the part in the guest's read, in bytes. */
  readonly atBytes: number;
  /** Where it is in the file, in bytes. */
  readonly fileOffsetBytes: number;
  /** How long it is, in bytes. */
  readonly lengthBytes: number;
}

/**
 * Records reads of guest data instead of performing them, while it is watching: the oracle needs
 * the sources of the data, and checks each version that may be there by itself.
 */
export class DataReads {
  readonly #labels: ReadonlySet<string>;
  #into: Uint8Array | undefined;
  /** The recorded reads in the order of the guest's disk, in whatever order they were made. */
  readonly spans: Span[] = [];

  /** Note reads with these labels. */
  constructor(labels: ReadonlySet<string>) {
    this.#labels = labels;
  }

  /** Note reads that go into `into` from now on. */
  watch(into: Uint8Array): void {
    this.#into = into;
    this.spans.length = 0;
  }

  /** Perform reads again. */
  stop(): void {
    this.#into = undefined;
  }

  /**
   * Record `request` and return the number of bytes that it would move in a file of `sizeBytes`:
   * the program may depend on that number, not on the data. Undefined if the request must be
   * performed.
   */
  note(request: Request, sizeBytes: () => number): number | undefined {
    if (this.#into === undefined || request.kind !== "read") return undefined;
    if (!this.#labels.has(request.label) || request.into.buffer !== this.#into.buffer) return;
    const atBytes = request.into.byteOffset - this.#into.byteOffset;
    const { offsetBytes: fileOffsetBytes, file } = request;
    const lengthBytes = request.into.length;
    if ((atBytes | fileOffsetBytes % SECTOR_BYTES | lengthBytes) & (SECTOR_BYTES - 1)) return;
    const there = Math.min(lengthBytes, sizeBytes() - fileOffsetBytes);
    if (there <= 0) return 0;
    const span = { file, atBytes, fileOffsetBytes, lengthBytes };
    let place = this.spans.push(span) - 1;
    for (; place > 0 && this.spans[place - 1].atBytes > atBytes; place--) {
      this.spans[place] = this.spans[place - 1];
    }
    this.spans[place] = span;
    return there;
  }
}

/**
 * Another file of the target, never written, whose reads are recorded while the oracle is watching.
 */
export class BystanderFile implements SyncStorage {
  readonly #storage: SyncStorage;
  readonly #reads: DataReads;

  /** Wrap `storage`. */
  constructor(storage: SyncStorage, reads: DataReads) {
    this.#storage = storage;
    this.#reads = reads;
  }

  /** Note a read, or perform it. */
  perform(request: Request): number {
    const sizeBytes = () => this.#storage.perform({ kind: "size", file: request.file });
    return this.#reads.note(request, sizeBytes) ?? this.#storage.perform(request);
  }
}

import {
  type BackingSource,
  FormatError,
  type HeaderLayout,
  ImageError,
  type OpenOptions,
  type QedImage,
} from "../../lib/qed/mod.ts";
import { HostError } from "../../lib/chain/mod.ts";
import { filtered, type Operation, runSync, StorageError } from "../../lib/storage/mod.ts";
import type { FuzzCase } from "./fuzz_case.ts";
import type { Implementation } from "./implementation.ts";
import { BoundExceeded, Meter } from "./meter.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";
import { type Frame, frameOf, type Survey, surveyTables } from "./table_survey.ts";

/** A rule that an oracle found broken. */
export class Violation extends Error {
  /** The name of this kind of error. */
  override readonly name = "Violation";
  /** Which rule, in a few words that stay the same from case to case. */
  readonly rule: string;

  /** A broken rule and what is known of it. */
  constructor(rule: string, message: string) {
    super(message);
    this.rule = rule;
  }
}

/** The outcome of an operation: its result, or the typed error that refused it. */
export type Outcome<T> =
  | { readonly isDone: true; readonly value: T }
  | { readonly isDone: false; readonly error: Error };

/** Whether an error is one of those that hostile input may cause. */
function isTyped(error: unknown): error is Error {
  return [FormatError, ImageError, StorageError, HostError].some((kind) => error instanceof kind);
}

/** Backing files of a case that are attached in memory; deeper ones are left to the host's code. */
const MAX_LAYERS = 12;
/** Zeroes are written, and data is copied, through blocks of a fixed size. */
const FIXED_BLOCK_BYTES = 2 ** 20;
/** A bitmap of the clusters of a large file comes into being in pieces of this size. */
const BITMAP_PIECE_BYTES = 8 * 2 ** 20;
/** More than this is not taken for a bitmap that covers the whole file. */
const WHOLE_BITMAP_BYTES = 64 * 2 ** 20;

/** The files of a case in memory, and operations on them that are counted. */
export class Session {
  /** The files by slot; the image is the first. */
  readonly files: readonly SparseFile[];
  /** The implementation under test. */
  readonly here: Implementation;
  readonly #meter = new Meter({ requests: 0, blockBytes: 0, totalBytes: 0, changes: false });
  readonly #names: readonly string[];

  /** A session over copies of `files`. */
  constructor(here: Implementation, one: FuzzCase, files: readonly SparseFile[]) {
    this.here = here;
    this.files = files.map((file) => file.fork());
    this.#names = one.files.map(({ name }) => name);
  }

  /** Open the image, and attach its backing files as far as they are there. */
  open(options: OpenOptions, changes = false): Outcome<QedImage> {
    const before = this.#meter.changeCount;
    const outcome = this.#openSlot(0, options, changes);
    if (!outcome.isDone && this.#meter.changeCount > before) {
      throw new Violation("refused image changed", `after ${outcome.error.message}`);
    }
    if (outcome.isDone) this.#attachBacking(outcome.value, 1);
    return outcome;
  }

  /** Run an operation on an open image under limits that follow from its tables. */
  run<T>(start: () => Operation<T>, options: RunLimits): Outcome<T> {
    const { image, requests, references, lengthBytes = 0, walks = 1, changes = false } = options;
    const { tableBytes, clusterBytes } = image.geometry;
    const largest = this.#largestLayer(image);
    const bitmap = this.#bitmapBytes(image, references ?? 0);
    // Clusters that follow each other are moved together, by what walks through the tables.
    const moved = references === undefined ? 0 : Math.min(this.files[0].sizeBytes, 2 ** 24);
    const copied = Math.max(moved, changes ? FIXED_BLOCK_BYTES : 0);
    const blocks = [largest, lengthBytes, copied, Math.min(bitmap, BITMAP_PIECE_BYTES)];
    this.#meter.restart({
      requests,
      blockBytes: Math.max(...blocks) + 4096,
      totalBytes: (requests + 4) * (largest + clusterBytes + tableBytes) +
        walks * (bitmap + 8192) + 4 * copied,
      changes,
    });
    return this.#outcome(start);
  }

  #openSlot(file: number, options: OpenOptions, changes: boolean): Outcome<QedImage> {
    const { sizeBytes } = this.files[file];
    const survey = changes ? surveyAnyLayout(this.files[file]) : undefined;
    const requests = 8 + (survey ? repairRequests(survey) : 0);
    this.#meter.restart({
      requests,
      blockBytes: sizeBytes + 4096,
      totalBytes: (changes ? requests + 2 : 1) * (2 * sizeBytes + 8192),
      changes,
    });
    return this.#outcome(() => this.here.open({ ...options, file, buffers: this.#meter }));
  }

  #outcome<T>(start: () => Operation<T>): Outcome<T> {
    try {
      const value = runSync(filtered(start(), this.#meter.filter), this.files);
      this.#meter.assertKept();
      return { isDone: true, value };
    } catch (error) {
      if (error instanceof BoundExceeded) {
        throw new Violation(`bound: ${error.bound}`, error.message);
      }
      this.#meter.assertKept();
      if (isTyped(error)) return { isDone: false, error };
      throw error;
    }
  }

  #attachBacking(image: QedImage, depth: number): void {
    if (image.backingName === undefined || depth === MAX_LAYERS) return;
    const slot = this.#names.indexOf(image.backingName);
    if (slot <= 0) return;
    const source = this.#openBacking(slot, image.backingIsRaw);
    if (!source) return;
    image.backing = source;
    if (source.kind === "qed") this.#attachBacking(source.image, depth + 1);
  }

  #openBacking(file: number, isRaw: boolean): BackingSource | undefined {
    const magic = new DataView(this.files[file].read(0, 4).buffer).getUint32(0);
    if (isRaw || magic !== 0x51454400) {
      return { kind: "raw", file, sizeBytes: this.files[file].sizeBytes };
    }
    const outcome = this.#openSlot(file, {}, false);
    return outcome.isDone ? { kind: "qed", image: outcome.value } : undefined;
  }

  #largestLayer(image: QedImage): number {
    let largest = 0;
    for (let layer: QedImage | undefined = image; layer;) {
      largest = Math.max(largest, layer.geometry.tableBytes, layer.geometry.clusterBytes);
      layer = layer.backing?.kind === "qed" ? layer.backing.image : undefined;
    }
    return largest;
  }

  #bitmapBytes(image: QedImage, references: number): number {
    const whole = image.endBytes / image.geometry.clusterBytes / 8 + 4;
    if (whole <= WHOLE_BITMAP_BYTES) return whole;
    return Math.min(whole, (references + image.geometry.tableClusters + 1) * BITMAP_PIECE_BYTES);
  }
}

/** The limits of an operation on an open image. */
export interface RunLimits {
  /** The image. */
  readonly image: QedImage;
  /** The number of requests. */
  readonly requests: number;
  /** The length of the guest's range, in bytes. */
  readonly lengthBytes?: number;
  /** The number of clusters that the tables refer to, for operations that walk them. */
  readonly references?: number;
  /** The number of walks, with a new bitmap each time; once if not given. */
  readonly walks?: number;
  /** Whether it may change the image. */
  readonly changes?: boolean;
}

/** The requests that a repair may take: a few for each entry, table and sector. */
export function repairRequests({ entries, tables }: Survey): number {
  return 32 + 6 * (entries + tables);
}

/** The requests that a guest's read or write of a range may take, over all layers. */
export function rangeRequests(lengthBytes: number): number {
  return 48 + 16 * MAX_LAYERS * (Math.ceil(lengthBytes / 4096) + 1);
}

/** The frame and survey of an open image. */
export function surveyImage(
  file: SparseFile,
  image: QedImage,
  order: "as-met" | "tables-first",
): Survey & { readonly frame: Frame } {
  const frame = frameOf(file, image.header.layout);
  return { ...surveyTables(file, frame, order), frame };
}

/** The survey of whatever layout the tables can be read by; the larger one counts for bounds. */
function surveyAnyLayout(file: SparseFile): Survey | undefined {
  const surveys = (["final", "rfc"] as const).flatMap((layout: HeaderLayout) => {
    const frame = frameOf(file, layout);
    const isReadable = frame.clusterBytes >= 4096 && frame.clusterBytes <= 2 ** 26 &&
      frame.tableClusters >= 1 && frame.tableClusters <= 16 && frame.l1Bytes % 4096 === 0 &&
      frame.l1Bytes + frame.clusterBytes * frame.tableClusters <= file.sizeBytes;
    return isReadable ? [surveyTables(file, frame, "tables-first")] : [];
  });
  return surveys.sort((a, b) => b.entries - a.entries)[0];
}

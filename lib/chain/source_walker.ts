import {
  type BackingSource,
  type Extent,
  nextExtent,
  type QedImage,
  sourceBytes,
} from "../qed/mod.ts";
import type { FileSlot, Operation } from "../storage/mod.ts";

/** A range of a disk that the files behind an image make up. */
export interface SourceExtent {
  /** How long it is, in bytes; it may reach past the end of the disk. */
  readonly lengthBytes: bigint;
  /** `data`, or known to be `zero`; `behind`: left to the file that was not to be looked at. */
  readonly state: "data" | "zero" | "behind";
}

/** How many bytes of a raw file are a hole from an offset on: 0 where there is data. */
export type HoleLookup = (file: FileSlot, offsetBytes: number) => number;

/** What a {@linkcode SourceWalker} may know beside the tables. */
export interface SourceWalkerOptions {
  /** Finds holes of raw files; without it they are data all over. */
  readonly holes?: HoleLookup | undefined;
  /** A file that is not looked into: what is left to it is `behind`. */
  readonly until?: BackingSource | undefined;
}

/** Longer than any disk. */
const ENDLESS = 2n ** 64n;

/**
 * Tells what is behind an image, range by range, from the tables of all images on the way. They
 * must not change meanwhile: what each said last is remembered, for a long range of one is asked
 * for again with each short one of those in front of it.
 */
export class SourceWalker {
  readonly #source: BackingSource | undefined;
  readonly #options: SourceWalkerOptions;
  readonly #last = new Map<QedImage, Extent>();

  /** A walker over `source`; without one everything is zero. */
  constructor(source: BackingSource | undefined, options: SourceWalkerOptions = {}) {
    this.#source = source;
    this.#options = options;
  }

  /** What there is at `startBytes`, and how far. */
  *next(startBytes: bigint): Operation<SourceExtent> {
    let lengthBytes = ENDLESS;
    for (let source = this.#source;;) {
      if (source !== undefined && isSame(source, this.#options.until)) {
        return { lengthBytes, state: "behind" };
      }
      if (!source || startBytes >= sourceBytes(source)) return { lengthBytes, state: "zero" };
      const part = source.kind === "raw"
        ? this.#rawPart(source, Number(startBytes))
        : yield* this.#qedPart(source.image, startBytes);
      if (part.lengthBytes < lengthBytes) lengthBytes = part.lengthBytes;
      if (part.state !== "unallocated") return { lengthBytes, state: part.state };
      source = source.kind === "qed" ? source.image.backing : undefined;
    }
  }

  *#qedPart(image: QedImage, startBytes: bigint): Operation<Pick<Extent, "lengthBytes" | "state">> {
    const last = this.#last.get(image);
    const skipped = last ? startBytes - last.startBytes : -1n;
    if (last && skipped >= 0n && skipped < last.lengthBytes) {
      return { state: last.state, lengthBytes: last.lengthBytes - skipped };
    }
    const extent = yield* nextExtent(image, startBytes);
    if (!extent) throw new Error("source walker: past the end of an image");
    this.#last.set(image, extent);
    return extent;
  }

  #rawPart(
    { file, sizeBytes }: Extract<BackingSource, { kind: "raw" }>,
    start: number,
  ): SourceExtent {
    const hole = this.#options.holes?.(file, start) ?? 0;
    if (hole > 0) return { lengthBytes: BigInt(hole), state: "zero" };
    return { lengthBytes: BigInt(sizeBytes - start), state: "data" };
  }
}

/** Whether two sources are the same file. */
function isSame(a: BackingSource, b: BackingSource | undefined): boolean {
  if (a.kind === "raw") return b?.kind === "raw" && a.file === b.file;
  return b?.kind === "qed" && a.image.file === b.image.file;
}

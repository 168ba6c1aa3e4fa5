import {
  type BackingSource,
  type Extent,
  nextExtent,
  type QedImage,
  sourceBytes,
} from "../qed/mod.ts";
import type { FileSlot, Operation } from "../storage/mod.ts";

/** A range of the disk in the backing files of an image. */
export interface SourceExtent {
  /** The length in bytes; it may reach past the end of the disk. */
  readonly lengthBytes: bigint;
  /** `data`; known to be `zero`; or `base`: read from the file at which the walk stops. */
  readonly state: "data" | "zero" | "base";
}

/** The number of bytes of a raw file from an offset on that are a hole: 0 for data. */
export type HoleLookup = (file: FileSlot, offsetBytes: number) => number;

/** Options of a {@linkcode SourceWalker}. */
export interface SourceWalkerOptions {
  /** Finds holes of raw files; without it all their bytes are data. */
  readonly holes?: HoleLookup | undefined;
  /** The file at which the walk stops: ranges that are read from it have the state `base`. */
  readonly until?: BackingSource | undefined;
}

/** A length that exceeds any disk. */
const ENDLESS = 2n ** 64n;

/**
 * Iterates over the ranges of the backing files of an image, from the tables of all images in the
 * chain. The tables must not change meanwhile: the last extent of each image is cached, since a
 * long one of a backing file is needed again with each short one of its overlays.
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

  /** The range at `startBytes`. */
  *next(startBytes: bigint): Operation<SourceExtent> {
    let lengthBytes = ENDLESS;
    for (let source = this.#source;;) {
      if (source !== undefined && isSame(source, this.#options.until)) {
        return { lengthBytes, state: "base" };
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

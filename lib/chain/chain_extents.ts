import { nextExtent, type QedImage } from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import { HoleFinder } from "./holes.ts";
import type { ImageChain } from "./image_chain.ts";
import type { Layer } from "./layer.ts";

/**
 * A range of the guest's disk, and the file of the chain that determines its contents.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ChainExtent, Image } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2 ** 30 });
 * await image.write(0, new Uint8Array(65536).fill(1));
 * const [first]: ChainExtent[] = await Array.fromAsync(image.map());
 * assertEquals([first.startBytes, first.lengthBytes, first.data], [0n, 65536n, true]);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface ChainExtent {
  /** Where it starts on the guest's disk, in bytes. */
  readonly startBytes: bigint;
  /** The length in bytes. */
  readonly lengthBytes: bigint;
  /**
   * The layer that determines the contents; for a range that no layer holds, the last one checked.
   */
  readonly depth: number;
  /** Whether that layer holds the range: as data, as zero clusters, or as a hole of a raw file. */
  readonly present: boolean;
  /** Whether the range is known to read as zeroes. */
  readonly zero: boolean;
  /** Whether the range is stored as data. */
  readonly data: boolean;
  /** The offset in the file of that layer, in bytes, if the range is stored there. */
  readonly hostBytes?: number;
}

/** Whether an extent continues the one before it, so that the two can be joined. */
export function continuesExtent(before: ChainExtent, after: ChainExtent): boolean {
  return before.depth === after.depth && before.present === after.present &&
    before.zero === after.zero && before.data === after.data &&
    (before.hostBytes === undefined
      ? after.hostBytes === undefined
      : after.hostBytes === before.hostBytes + Number(before.lengthBytes));
}

/** A range as one layer maps it. */
type Part = Omit<ChainExtent, "depth">;

/**
 * Iterates over the extents of the whole disk of a chain: the output of `qemu-img map` before
 * adjacent equal extents are joined.
 */
export class ExtentWalker implements Disposable {
  readonly #chain: ImageChain;
  readonly #holes = new Map<Layer, HoleFinder>();
  /** The last part of each layer: a long one above is needed again with each short one below. */
  readonly #lastParts: Part[] = [];

  /** A walker over `chain`, which must stay open. */
  constructor(chain: ImageChain) {
    this.#chain = chain;
  }

  /** The extent at `startBytes`; undefined at the end of the disk. */
  next(startBytes: bigint): ChainExtent | undefined {
    return this.#chain.run(this.extentAt(startBytes));
  }

  /** The operation that {@linkcode ExtentWalker.next} runs, for other drivers. */
  *extentAt(startBytes: bigint): Operation<ChainExtent | undefined> {
    const { layers } = this.#chain;
    let lengthBytes = this.#chain.guestBytes - startBytes;
    if (lengthBytes <= 0n) return undefined;
    for (let depth = 0; depth < layers.length; depth++) {
      const part = yield* this.#partAt(depth, startBytes);
      if (part.lengthBytes < lengthBytes) lengthBytes = part.lengthBytes;
      const backing = layers[depth + 1];
      // A range past the end of the next layer is zero, whatever that layer holds.
      if (!part.present && backing && startBytes < backing.guestBytes) continue;
      return { ...part, zero: part.zero || !part.present, lengthBytes, depth };
    }
    throw new Error("chain extents: no layer decides");
  }

  /** Close the files opened to find holes. */
  [Symbol.dispose](): void {
    for (const finder of this.#holes.values()) finder[Symbol.dispose]();
    this.#holes.clear();
  }

  *#partAt(depth: number, startBytes: bigint): Operation<Part> {
    const last = this.#lastParts[depth];
    const skipped = last ? startBytes - last.startBytes : -1n;
    if (last && skipped >= 0n && skipped < last.lengthBytes) {
      const rest = { ...last, startBytes, lengthBytes: last.lengthBytes - skipped };
      if (last.hostBytes === undefined) return rest;
      return { ...rest, hostBytes: last.hostBytes + Number(skipped) };
    }
    const layer = this.#chain.layers[depth];
    const part = layer.image
      ? yield* this.#qedPart(layer.image, startBytes)
      : this.#rawPart(layer, Number(startBytes));
    return this.#lastParts[depth] = part;
  }

  *#qedPart(image: QedImage, startBytes: bigint): Operation<Part> {
    const extent = yield* nextExtent(image, startBytes);
    if (!extent) throw new Error("chain extents: past the end of a layer");
    const { lengthBytes, state, hostBytes } = extent;
    return {
      startBytes,
      lengthBytes,
      present: state !== "unallocated",
      zero: state === "zero",
      data: state === "data",
      ...(hostBytes !== undefined && { hostBytes }),
    };
  }

  #rawPart(layer: Layer, start: number): Part {
    let holes = this.#holes.get(layer);
    if (!holes) this.#holes.set(layer, holes = new HoleFinder(layer.path));
    const range = holes.nextData(start);
    const isData = range !== undefined && range.startBytes <= start;
    const endBytes = (isData ? range.endBytes : range?.startBytes) ?? Number(layer.guestBytes);
    return {
      startBytes: BigInt(start),
      lengthBytes: BigInt(endBytes - start),
      present: true,
      zero: !isData,
      data: isData,
      hostBytes: start,
    };
  }
}

import { nextExtent, type QedImage } from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import { HoleFinder } from "./holes.ts";
import type { ImageChain } from "./image_chain.ts";
import type { Layer } from "./layer.ts";

/**
 * A range of the guest's disk, and which file of the chain decides what it holds.
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
  /** How long it is, in bytes. */
  readonly lengthBytes: bigint;
  /** The layer that decides; for what none holds, the last one that was asked. */
  readonly depth: number;
  /** Whether that layer holds it: as data, as a mark that says zeroes, or as a hole of a raw file. */
  readonly present: boolean;
  /** Whether it is known to read as zeroes. */
  readonly zero: boolean;
  /** Whether it is stored as data. */
  readonly data: boolean;
  /** Where it is in that layer's file, in bytes, if it has a place there. */
  readonly hostBytes?: number;
}

/** Whether an extent goes on like the one before it, so that the two can be shown as one. */
export function continuesExtent(before: ChainExtent, after: ChainExtent): boolean {
  return before.depth === after.depth && before.present === after.present &&
    before.zero === after.zero && before.data === after.data &&
    (before.hostBytes === undefined
      ? after.hostBytes === undefined
      : after.hostBytes === before.hostBytes + Number(before.lengthBytes));
}

/** What one layer says of a range. */
type Part = Omit<ChainExtent, "depth">;

/**
 * Walks over the whole disk of a chain, extent by extent: what `qemu-img map` shows, before
 * neighbours that are alike are joined.
 */
export class ExtentWalker implements Disposable {
  readonly #chain: ImageChain;
  readonly #holes = new Map<Layer, HoleFinder>();
  /** What each layer said last: a long range above is asked for again with each short one below. */
  readonly #lastParts: Part[] = [];

  /** A walker over `chain`, which must stay open. */
  constructor(chain: ImageChain) {
    this.#chain = chain;
  }

  /** The extent at `startBytes`; undefined at the end of the disk. */
  next(startBytes: bigint): ChainExtent | undefined {
    return this.#chain.run(this.finding(startBytes));
  }

  /** The operation that {@linkcode ExtentWalker.next} runs, for other drivers. */
  *finding(startBytes: bigint): Operation<ChainExtent | undefined> {
    const { layers } = this.#chain;
    let lengthBytes = this.#chain.guestBytes - startBytes;
    if (lengthBytes <= 0n) return undefined;
    for (let depth = 0; depth < layers.length; depth++) {
      const part = yield* this.#partAt(depth, startBytes);
      if (part.lengthBytes < lengthBytes) lengthBytes = part.lengthBytes;
      const behind = layers[depth + 1];
      // What lies past the end of the next layer is known to be zero without asking it.
      if (!part.present && behind && startBytes < behind.guestBytes) continue;
      return { ...part, zero: part.zero || !part.present, lengthBytes, depth };
    }
    throw new Error("chain extents: no layer decides");
  }

  /** Close what was opened to find holes. */
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

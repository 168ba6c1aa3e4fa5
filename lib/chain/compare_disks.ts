import { Buffer } from "node:buffer";
import { SECTOR_BYTES } from "../storage/sector.ts";
import { type ChainExtent, ExtentWalker } from "./chain_extents.ts";
import type { ImageChain } from "./image_chain.ts";
import { isZero } from "../storage/data_ranges.ts";

/** The first difference between two disks: in their contents, or in the way they are stored. */
export interface Difference {
  /** `content`: the guest's data. `status`: data, zeroes, or unallocated. */
  readonly kind: "content" | "status";
  /** The offset on the disk, in bytes; for `content` that of the sector. */
  readonly offsetBytes: bigint;
}

/** Options of a comparison. */
export interface CompareOptions {
  /** Whether ranges must also be stored in the same way: as data, as zeroes, or unallocated. */
  readonly isStrict: boolean;
  /** Called after each block with the progress in bytes of the longer disk. */
  readonly onBlock: (doneBytes: bigint) => void;
}

const BLOCK_BYTES = 1 << 18;

/**
 * The first difference between two disks, or undefined if there is none. The longer disk must read
 * as zeroes past the end of the shorter one.
 */
export function findDifference(
  first: ImageChain,
  second: ImageChain,
  options: CompareOptions,
): Difference | undefined {
  using one = new Side(first);
  using other = new Side(second);
  const endBytes = first.guestBytes > second.guestBytes ? first.guestBytes : second.guestBytes;
  for (let at = 0n; at < endBytes;) {
    const mine = one.extentAt(at, endBytes);
    const theirs = other.extentAt(at, endBytes);
    if (options.isStrict && !isStoredAlike(mine, theirs)) {
      return { kind: "status", offsetBytes: at };
    }
    const length = mine.lengthBytes < theirs.lengthBytes ? mine.lengthBytes : theirs.lengthBytes;
    const isSkipped = mine.zero && theirs.zero;
    const count = isSkipped || length < BLOCK_BYTES ? length : BigInt(BLOCK_BYTES);
    if (!isSkipped) {
      const bytes = mine.zero ? undefined : one.read(at, Number(count));
      const otherBytes = theirs.zero ? undefined : other.read(at, Number(count));
      const place = differsAt(bytes, otherBytes);
      if (place !== undefined) return { kind: "content", offsetBytes: at + BigInt(place) };
    }
    at += count;
    options.onBlock(at);
  }
  return undefined;
}

/** One of the two disks. */
class Side implements Disposable {
  readonly #chain: ImageChain;
  readonly #walker: ExtentWalker;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #extent: ChainExtent | undefined;

  constructor(chain: ImageChain) {
    this.#chain = chain;
    this.#walker = new ExtentWalker(chain);
  }

  /** The extent of the disk at `at`; zeroes past its end, up to `endBytes`. */
  extentAt(at: bigint, endBytes: bigint): ChainExtent {
    const last = this.#extent;
    const skipped = last ? at - last.startBytes : 0n;
    if (last && skipped < last.lengthBytes) {
      return { ...last, startBytes: at, lengthBytes: last.lengthBytes - skipped };
    }
    return this.#extent = this.#walker.next(at) ?? {
      startBytes: at,
      lengthBytes: endBytes - at,
      depth: 0,
      present: false,
      zero: true,
      data: false,
    };
  }

  read(at: bigint, count: number): Uint8Array {
    const into = this.#block.subarray(0, count);
    this.#chain.read(at, into);
    return into;
  }

  [Symbol.dispose](): void {
    this.#walker[Symbol.dispose]();
  }
}

function isStoredAlike(a: ChainExtent, b: ChainExtent): boolean {
  return a.present === b.present && a.zero === b.zero && a.data === b.data &&
    (a.hostBytes === undefined) === (b.hostBytes === undefined);
}

/** The start of the first sector that differs; undefined bytes are zeroes. */
function differsAt(a: Uint8Array | undefined, b: Uint8Array | undefined): number | undefined {
  const bytes = a ?? b;
  if (!bytes || isSame(a, b)) return undefined;
  for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
    const end = at + SECTOR_BYTES;
    if (!isSame(a?.subarray(at, end), b?.subarray(at, end))) return at;
  }
  throw new Error("compare: blocks differ, but none of their sectors does");
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a && b) return Buffer.compare(a, b) === 0;
  const bytes = a ?? b;
  return !bytes || isZero(bytes);
}

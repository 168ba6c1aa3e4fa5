import { ExtentWalker } from "./chain_extents.ts";
import type { ImageChain } from "./image_chain.ts";
import { dataRuns } from "./zero_runs.ts";

/** How a disk is copied. */
export interface CopyOptions {
  /** What the target allocates at a time, in bytes: a power of two. */
  readonly unitBytes: number;
  /** Store bytes in the target, which reads as zeroes where nothing was stored. */
  readonly write: (offset: bigint, bytes: Uint8Array) => void;
  /** Called after each block: how far the copy is, in bytes of the disk. */
  readonly onBlock: (doneBytes: bigint) => void | Promise<void>;
}

/** Small enough to stay in the processor's cache between reading, looking and writing. */
const BLOCK_BYTES = 1 << 18;

/**
 * Copy what the guest of `source` sees, all backing files included. What reads as zeroes is not
 * stored: neither what is known to, nor units in which only zeroes are found.
 *
 * One request at a time: copying is work for one processor, and handing it to others costs more
 * than it gains (measured with reads ahead and with writes behind).
 */
export async function copyDisk(source: ImageChain, options: CopyOptions): Promise<void> {
  const { unitBytes, write } = options;
  const unit = BigInt(unitBytes);
  const block = BigInt(Math.max(BLOCK_BYTES, unitBytes));
  const buffer = new Uint8Array(Number(block));
  using walker = new ExtentWalker(source);
  let at = 0n;
  for (let extent = walker.next(at); extent; extent = walker.next(at)) {
    const end = extent.startBytes + extent.lengthBytes;
    if (extent.zero) {
      at = end;
    } else {
      // Whole units: what else there is in them belongs to the same write.
      const start = at / unit * unit;
      at = least(start + block, (end + unit - 1n) / unit * unit, source.guestBytes);
      const bytes = buffer.subarray(0, Number(at - start));
      source.read(start, bytes);
      for (const run of dataRuns(bytes, unitBytes)) {
        write(start + BigInt(run.start), bytes.subarray(run.start, run.end));
      }
    }
    await options.onBlock(at);
  }
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((low, value) => value < low ? value : low);
}

import { DiskReader } from "./disk_reader.ts";
import type { ImageChain } from "./image_chain.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { Block } from "./shared_blocks.ts";

/** Options of a copy. */
export interface CopyOptions {
  /** The allocation unit of the target, in bytes: a power of two. */
  readonly unitBytes: number;
  /** Write bytes to the target, which reads as zeroes before. */
  readonly write: (offset: bigint, bytes: Uint8Array) => void;
  /** Called after each block with the progress in bytes of the disk. */
  readonly onBlock: (doneBytes: bigint) => void | Promise<void>;
  /** Whether another thread reads; by default if the source is large enough. */
  readonly readsAhead?: boolean;
}

/** The size of the source's files, in bytes, from which on another thread pays off. */
const READ_AHEAD_BYTES = 512 * 2 ** 20;
/** The part of the disk that is copied while the other thread starts, in bytes. */
const HEAD_BYTES = 64n << 20n;

/**
 * Copy the guest's disk of `source`, all backing files included. Zeroes are not written: neither
 * ranges known to be zero, nor units that turn out to be.
 *
 * Another thread reads and finds zeroes while this one writes. This thread reads again what the
 * other one cannot read, so errors are the same with and without it.
 */
export async function copyDisk(source: ImageChain, options: CopyOptions): Promise<void> {
  using ahead = options.readsAhead ?? isWorthIt(source)
    ? new ReadAhead(source, options.unitBytes, HEAD_BYTES)
    : undefined;
  const headBytes = ahead && source.guestBytes > HEAD_BYTES ? HEAD_BYTES : source.guestBytes;
  let doneBytes = await copyHere(source, options, { startBytes: 0n, endBytes: headBytes });
  if (ahead && await ahead.isRunning) {
    while (doneBytes < source.guestBytes) {
      const next = ahead.next((block) => writeBlock(block, options));
      if (next === undefined) break;
      await options.onBlock(doneBytes = next);
    }
  }
  await copyHere(source, options, { startBytes: doneBytes, endBytes: source.guestBytes });
}

/** Copy a part of the disk on this thread. Returns its end. */
async function copyHere(
  source: ImageChain,
  options: CopyOptions,
  { startBytes, endBytes }: { readonly startBytes: bigint; readonly endBytes: bigint },
): Promise<bigint> {
  if (startBytes >= endBytes) return startBytes;
  using reader = new DiskReader(source, options.unitBytes, startBytes);
  const bytes = new Uint8Array(DiskReader.minBytes(options.unitBytes));
  while (reader.doneBytes < endBytes) {
    const pieces = reader.read(bytes, endBytes);
    writeBlock({ bytes, pieces }, options);
    await options.onBlock(reader.doneBytes);
  }
  return endBytes;
}

function writeBlock({ bytes, pieces }: Omit<Block, "doneBytes">, { write }: CopyOptions): void {
  for (const { offset, start, end } of pieces) write(offset, bytes.subarray(start, end));
}

function isWorthIt(source: ImageChain): boolean {
  const storedBytes = source.layers.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  return storedBytes >= READ_AHEAD_BYTES && navigator.hardwareConcurrency > 1;
}

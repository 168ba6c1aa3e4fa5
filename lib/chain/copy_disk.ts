import { DiskReader } from "./disk_reader.ts";
import type { ImageChain } from "./image_chain.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { Block } from "./shared_blocks.ts";

/** How a disk is copied. */
export interface CopyOptions {
  /** What the target allocates at a time, in bytes: a power of two. */
  readonly unitBytes: number;
  /** Store bytes in the target, which reads as zeroes where nothing was stored. */
  readonly write: (offset: bigint, bytes: Uint8Array) => void;
  /** Called after each block: how far the copy is, in bytes of the disk. */
  readonly onBlock: (doneBytes: bigint) => void | Promise<void>;
  /** Whether another thread reads; if not given, that is so where there is enough to read. */
  readonly readsAhead?: boolean;
}

/** From how much on another thread is worth its start, in bytes of the source's files. */
const READ_AHEAD_BYTES = 512 * 2 ** 20;
/** What is copied while the other thread starts, in bytes of the disk. */
const HEAD_BYTES = 64n << 20n;

/**
 * Copy what the guest of `source` sees, all backing files included. What reads as zeroes is not
 * stored: neither what is known to, nor units in which only zeroes are found.
 *
 * Another thread reads and looks for zeroes while this one writes. What it cannot read this one
 * reads again, so errors are the same with and without it.
 */
export async function copyDisk(source: ImageChain, options: CopyOptions): Promise<void> {
  using ahead = options.readsAhead ?? isWorthIt(source)
    ? new ReadAhead(source, options.unitBytes, HEAD_BYTES)
    : undefined;
  const headBytes = ahead && source.guestBytes > HEAD_BYTES ? HEAD_BYTES : source.guestBytes;
  let doneBytes = await copyAlone(source, options, { startBytes: 0n, endBytes: headBytes });
  if (ahead && await ahead.isRunning) {
    while (doneBytes < source.guestBytes) {
      const next = ahead.next((block) => writeBlock(block, options));
      if (next === undefined) break;
      await options.onBlock(doneBytes = next);
    }
  }
  await copyAlone(source, options, { startBytes: doneBytes, endBytes: source.guestBytes });
}

/** Copy a part of the disk, reading and writing in turn. Answers its end. */
async function copyAlone(
  source: ImageChain,
  options: CopyOptions,
  { startBytes, endBytes }: { readonly startBytes: bigint; readonly endBytes: bigint },
): Promise<bigint> {
  if (startBytes >= endBytes) return startBytes;
  using reader = new DiskReader(source, options.unitBytes, startBytes);
  const bytes = new Uint8Array(DiskReader.minBytes(options.unitBytes));
  while (reader.doneBytes < endBytes) {
    const runs = reader.read(bytes, endBytes);
    writeBlock({ bytes, runs }, options);
    await options.onBlock(reader.doneBytes);
  }
  return endBytes;
}

function writeBlock({ bytes, runs }: Omit<Block, "doneBytes">, { write }: CopyOptions): void {
  for (const { offset, start, end } of runs) write(offset, bytes.subarray(start, end));
}

function isWorthIt(source: ImageChain): boolean {
  const storedBytes = source.layers.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  return storedBytes >= READ_AHEAD_BYTES && navigator.hardwareConcurrency > 1;
}

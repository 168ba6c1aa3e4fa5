import { DiskReader } from "./disk_reader.ts";
import type { ImageChain } from "./image_chain.ts";
import type { ReadAheadOrder } from "./read_ahead_worker.ts";
import { type Block, SharedBlocks } from "./shared_blocks.ts";

/** Large enough that handing blocks over costs nothing to speak of. */
const BLOCK_BYTES = 2 << 20;

/** Reads a disk with another thread, ahead of the one that uses what is read. */
export class ReadAhead implements Disposable {
  /** Whether the other thread runs; settled after the event loop had its turn. */
  readonly isRunning: Promise<boolean>;
  readonly #worker: Worker | undefined;
  readonly #blocks: SharedBlocks;

  /**
   * Start to read the disk of `source` from `startBytes` on, data counting in units of `unitBytes`;
   * both as for {@linkcode DiskReader}.
   */
  constructor(source: ImageChain, unitBytes: number, startBytes: bigint) {
    const blockBytes = Math.max(BLOCK_BYTES, DiskReader.minBytes(unitBytes));
    this.#blocks = new SharedBlocks(blockBytes, unitBytes);
    const { path, format, image } = source.top;
    const order: ReadAheadOrder = {
      path,
      // The locks are held by `source` already.
      options: { format, ignoresLocks: true, ...(image && { layout: image.header.layout }) },
      identities: source.layers.map(({ storage }) => storage.identity),
      startBytes,
      unitBytes,
      blockBytes,
      memory: this.#blocks.memory,
    };
    const worker = this.#worker = newWorker();
    this.isRunning = new Promise((resolve) => {
      if (!worker) return resolve(false);
      worker.onmessage = () => resolve(true);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(false);
      };
    });
    worker?.postMessage(order);
  }

  /**
   * Wait for the next block and have `use` use it. Answers how far the disk is read with it, in
   * bytes, or undefined where the other thread could not go on. It must be running.
   */
  next(use: (block: Block) => void): bigint | undefined {
    let doneBytes: bigint | undefined;
    this.#blocks.empty((block) => {
      use(block);
      doneBytes = block.doneBytes;
    });
    return doneBytes;
  }

  /** Stop the other thread. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }
}

/** A worker, or undefined where none can be had. */
function newWorker(): Worker | undefined {
  try {
    return new Worker(new URL("./read_ahead_worker.ts", import.meta.url), { type: "module" });
  } catch {
    return undefined;
  }
}

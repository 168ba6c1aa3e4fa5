import { DiskReader } from "./disk_reader.ts";
import type { ImageChain } from "./image_chain.ts";
import type { ReadAheadOrder } from "./read_ahead_worker.ts";
import { type Block, SharedBlocks } from "./shared_blocks.ts";

/** The size of a block in bytes: large enough to make the cost of handing it over negligible. */
const BLOCK_BYTES = 2 << 20;

/** Reads a disk on another thread, ahead of the thread that uses the data. */
export class ReadAhead implements Disposable {
  /** Whether the other thread runs; settles after the event loop has run. */
  readonly isRunning: Promise<boolean>;
  readonly #worker: Worker | undefined;
  readonly #blocks: SharedBlocks;

  /** Start to read the disk of `source`; the parameters are those of {@linkcode DiskReader}. */
  constructor(source: ImageChain, unitBytes: number, startBytes: bigint) {
    const blockBytes = Math.max(BLOCK_BYTES, DiskReader.minBytes(unitBytes));
    this.#blocks = new SharedBlocks(blockBytes, unitBytes);
    const { path, format, image } = source.top;
    const order: ReadAheadOrder = {
      path,
      // `source` has the locks already.
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
   * Wait for the next block and call `use` with it. Returns the progress in bytes of the disk, or
   * undefined if the other thread failed. The thread must be running.
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

/** A worker, or undefined if none can be started. */
function newWorker(): Worker | undefined {
  try {
    return new Worker(new URL("./read_ahead_worker.ts", import.meta.url), { type: "module" });
  } catch {
    return undefined;
  }
}

/**
 * The other thread of a copy: reads the source while the first one writes.
 *
 * @module
 */
import { type OpenChainOptions } from "./chain_opener.ts";
import { DiskReader } from "./disk_reader.ts";
import { ImageChain } from "./image_chain.ts";
import { SharedBlocks } from "./shared_blocks.ts";

/** The message to the worker. */
export interface ReadAheadOrder {
  /** The path of the source. */
  readonly path: string;
  /** Options to open it. */
  readonly options: OpenChainOptions;
  /** The files that it and its backing files must be (see `FileStorage.identity`). */
  readonly identities: readonly string[];
  /** Where to start, in bytes of the disk. */
  readonly startBytes: bigint;
  /** The unit of data, in bytes. */
  readonly unitBytes: number;
  /** The size of a block, in bytes. */
  readonly blockBytes: number;
  /** The memory of the blocks. */
  readonly memory: SharedArrayBuffer;
}

/** Read the whole source into the blocks, or mark the blocks as failed. */
function readAhead(order: ReadAheadOrder): void {
  const { unitBytes, blockBytes, memory } = order;
  const blocks = new SharedBlocks(blockBytes, unitBytes, memory);
  try {
    using chain = ImageChain.open(order.path, order.options);
    const found = chain.layers.map(({ storage }) => storage.identity);
    if (found.join() !== order.identities.join()) throw new Error("these are other files");
    using reader = new DiskReader(chain, unitBytes, order.startBytes);
    while (!reader.isDone) {
      blocks.fill((into) => ({ pieces: reader.read(into), doneBytes: reader.doneBytes }));
    }
  } catch {
    // The first thread reads that range itself, and gets the error.
    blocks.fail();
  }
}

/** The members of a worker's scope that are used here. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ReadAheadOrder>) => void;
  postMessage(message: string): void;
};
scope.onmessage = ({ data }) => readAhead(data);
scope.postMessage("ready");

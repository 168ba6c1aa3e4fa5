/**
 * The other thread of a copy: reads the source while the first one writes.
 *
 * @module
 */
import { type OpenChainOptions } from "./chain_opener.ts";
import { DiskReader } from "./disk_reader.ts";
import { ImageChain } from "./image_chain.ts";
import { SharedBlocks } from "./shared_blocks.ts";

/** What the worker is told. */
export interface ReadAheadOrder {
  /** The path of the source. */
  readonly path: string;
  /** How it is opened. */
  readonly options: OpenChainOptions;
  /** The files that it and its backing files must be (see `FileStorage.identity`). */
  readonly identities: readonly string[];
  /** Where it begins to read, in bytes of the disk. */
  readonly startBytes: bigint;
  /** What data counts in, in bytes. */
  readonly unitBytes: number;
  /** What a block holds, in bytes. */
  readonly blockBytes: number;
  /** Where the blocks are. */
  readonly memory: SharedArrayBuffer;
}

/** Read all of the source into the blocks, or say that it cannot be done. */
function readAhead(order: ReadAheadOrder): void {
  const { unitBytes, blockBytes, memory } = order;
  const blocks = new SharedBlocks(blockBytes, unitBytes, memory);
  try {
    using chain = ImageChain.open(order.path, order.options);
    const found = chain.layers.map(({ storage }) => storage.identity);
    if (found.join() !== order.identities.join()) throw new Error("these are other files");
    using reader = new DiskReader(chain, unitBytes, order.startBytes);
    while (!reader.isDone) {
      blocks.fill((into) => ({ runs: reader.read(into), doneBytes: reader.doneBytes }));
    }
  } catch {
    // The first thread reads that place itself, and comes upon the error if there is one.
    blocks.fail();
  }
}

/** What a worker has, as far as it is used here. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ReadAheadOrder>) => void;
  postMessage(message: string): void;
};
scope.onmessage = ({ data }) => readAhead(data);
scope.postMessage("ready");

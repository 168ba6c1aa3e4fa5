/**
 * Operations on open backing chains in the file system, made of the operations in rebase.ts,
 * commit.ts and stream.ts, with the same crash promises.
 *
 * @module
 */
import {
  type BackingReference,
  changeBacking,
  emptyImage,
  type QedImage,
  readSource,
} from "../qed/mod.ts";
import { ChainHoles } from "./chain_holes.ts";
import { commitImage } from "./commit.ts";
import { HostError } from "../storage/host_error.ts";
import type { ImageChain } from "./image_chain.ts";
import type { Layer } from "./layer.ts";
import { foreignFormat, PROBED_BYTES } from "./probe.ts";
import { type ByteListener, rebaseImage } from "./rebase.ts";
import { runInTurns, type TakeTurn } from "./run_in_turns.ts";
import { assertDepth } from "./snapshot.ts";
import { streamImage } from "./stream.ts";

/** Options of an operation on a whole chain. */
export interface ChainOperationOptions {
  /** Called between the steps, so that other work can run; by default there are no pauses. */
  readonly turn?: TakeTurn;
  /** Called with the progress. */
  readonly onProgress?: ByteListener;
}

const NO_TURN: TakeTurn = () => Promise.resolve();

/** The new backing file of an image. */
export interface RebaseTarget {
  /** The reference to store in the header. */
  readonly reference: BackingReference;
  /**
   * The new backing file and its own backing files, opened with {@linkcode ImageChain.openBeside}.
   */
  readonly backing: ImageChain;
}

/**
 * Change the backing file of the image, or remove it, without changing the guest's data: see
 * {@linkcode rebaseImage}. The chain still lists the old files afterwards, but the image reads from
 * the new ones, which must stay open as long as it does. Throws {@linkcode HostError} if the chain
 * would form a loop.
 */
export async function rebaseChain(
  chain: ImageChain,
  target: RebaseTarget | undefined,
  options: ChainOperationOptions = {},
): Promise<void> {
  if (target) assertNoLoop(chain, target.backing);
  using holes = new ChainHoles(chain, ...(target ? [target.backing] : []));
  const backing = target && {
    reference: target.reference,
    source: target.backing.top.source,
  };
  const operation = rebaseImage(chain.image, backing, {
    holes: holes.lookup,
    ...(options.onProgress && { onProgress: options.onProgress }),
  });
  await runInTurns(operation, chain.files, options.turn ?? NO_TURN);
}

/**
 * Change the reference to the backing file in the header only (`rebase -u`), for a file that was
 * renamed. The guest's data changes if the new file has other contents. Crash promise: that of
 * `changeBacking`, the old name or the new one.
 */
export function renameBacking(chain: ImageChain, reference: BackingReference | undefined): void {
  chain.run(changeBacking(chain.image, reference));
}

/** Options of a commit. */
export interface CommitOptions extends ChainOperationOptions {
  /** The depth in the chain of the file to write; 1, the backing file, by default. */
  readonly baseDepth?: number;
  /** Do not empty the image afterwards; it need not be open for writing then. */
  readonly keepsImage?: boolean;
}

/**
 * Write the data of the image to its backing file, or to one deeper in the chain, then empty the
 * image: see {@linkcode commitImage} and `emptyImage`. The chain must have been opened with that
 * depth as `writableDepth`. Images in between do not change, but they may read differently where
 * data was hidden before, so they are of no further use by themselves.
 *
 * Crash promise: the guest of the image reads the same at any point. The image drops nothing before
 * all its data is durable in the file it was committed to.
 *
 * Throws {@linkcode HostError} if there is no such file, or if the guest's data would make a probed
 * raw file look like an image.
 */
export async function commitChain(
  chain: ImageChain,
  options: CommitOptions = {},
): Promise<void> {
  const { baseDepth = 1, turn = NO_TURN, onProgress } = options;
  const base = chain.layers[baseDepth];
  if (!base || baseDepth < 1) throw new HostError(`'${chain.top.path}' has no backing file`);
  assertNotDisguised(chain, base);
  const committed = await runInTurns(
    commitImage(chain.image, base.source, onProgress ? { onProgress } : {}),
    chain.files,
    turn,
  );
  if (committed.kind === "raw") base.fileBytes = committed.sizeBytes;
  const overlay = chain.layers[baseDepth - 1].image;
  if (overlay) overlay.backing = committed;
  if (options.keepsImage || baseDepth > 1) return;
  await runInTurns(emptyImage(chain.image), chain.files, turn);
}

/** Options of streaming. */
export interface StreamOptions extends ChainOperationOptions {
  /**
   * The file that stays as the backing file, and the reference to store in the header; without it
   * the image has no backing file afterwards.
   */
  readonly base?: { readonly depth: number; readonly reference: BackingReference };
}

/**
 * Copy the data of the backing files into the image, and remove them from the chain: see
 * {@linkcode streamImage}. With a base, only the data of the files above it is copied, and the base
 * stays as the backing file; that is {@linkcode rebaseImage}, so no guest may write meanwhile.
 */
export async function streamChain(
  chain: ImageChain,
  options: StreamOptions = {},
): Promise<void> {
  const { base, turn = NO_TURN, onProgress } = options;
  using holes = new ChainHoles(chain);
  const how = { holes: holes.lookup, ...(onProgress && { onProgress }) };
  const operation = base
    ? rebaseImage(chain.image, {
      reference: base.reference,
      source: layerAt(chain, base.depth).source,
    }, how)
    : streamImage(chain.image, how);
  await runInTurns(operation, chain.files, turn);
}

function layerAt(chain: ImageChain, depth: number): Layer {
  const layer = chain.layers[depth];
  if (layer && depth > 0) return layer;
  throw new HostError(`The backing chain of '${chain.top.path}' has no file at depth ${depth}`);
}

/** Throw {@linkcode HostError} if the files of `backing` cannot be the backing files of `chain`. */
export function assertNoLoop(chain: ImageChain, backing: ImageChain): void {
  assertDepth(backing);
  const { identity } = chain.top.storage;
  if (backing.layers.every(({ storage }) => storage.identity !== identity)) return;
  throw new HostError(
    `'${chain.top.path}' is already in the backing chain of '${backing.top.path}' (would form a loop)`,
  );
}

/** A raw file whose format is probed at each opening must not begin like another format. */
function assertNotDisguised(chain: ImageChain, base: Layer): void {
  if (base.format !== "raw" || !base.isProbed) return;
  const bytes = new Uint8Array(PROBED_BYTES);
  const image: QedImage = chain.image;
  chain.run(readSource({ kind: "qed", image }, 0, bytes));
  const format = foreignFormat(bytes);
  if (format === undefined) return;
  throw new HostError(
    `The guest's disk begins like a ${format} image, and '${base.path}' is not marked as raw: ` +
      "after the commit it would be opened as one; mark it first (rebase -u -F raw)",
  );
}

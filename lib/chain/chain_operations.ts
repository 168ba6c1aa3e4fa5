/**
 * What is done to backing chains on the real file system: the operations of rebase.ts, commit.ts
 * and stream.ts, on chains that are open. Each promises what the operation under it does.
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

/** What an operation on a whole chain may be given. */
export interface ChainOperationOptions {
  /** Lets others have their turn; nobody, if not given. */
  readonly turn?: TakeTurn;
  /** Told about progress. */
  readonly onProgress?: ByteListener;
}

const NO_TURN: TakeTurn = () => Promise.resolve();

/** Where an image is rebased to. */
export interface RebaseTarget {
  /** What its header is to say of the new backing file. */
  readonly reference: BackingReference;
  /** The new backing file and what is behind it, opened beside the chain of the image. */
  readonly behind: ImageChain;
}

/**
 * Give the image another backing file, or none, without changing what its guest sees: see
 * {@linkcode rebaseImage}. The chain still lists the old files afterwards, but the image reads
 * through the new ones, which must stay open as long as it does. Throws {@linkcode HostError} if
 * the image would come to be behind itself.
 */
export async function rebaseChain(
  chain: ImageChain,
  target: RebaseTarget | undefined,
  options: ChainOperationOptions = {},
): Promise<void> {
  if (target) assertNoLoop(chain, target.behind);
  using holes = new ChainHoles(chain, ...(target ? [target.behind] : []));
  const backing = target && {
    reference: target.reference,
    source: target.behind.top.source,
  };
  const operation = rebaseImage(chain.image, backing, {
    holes: holes.lookup,
    ...(options.onProgress && { onProgress: options.onProgress }),
  });
  await runInTurns(operation, chain.files, options.turn ?? NO_TURN);
}

/**
 * Change only what the header says of the backing file (`rebase -u`): for one that was renamed.
 * What the guest sees changes if the new file holds something else. Crash promise: that of
 * `changeBacking`, the old name or the new one.
 */
export function renameBacking(chain: ImageChain, reference: BackingReference | undefined): void {
  chain.run(changeBacking(chain.image, reference));
}

/** How a chain is committed. */
export interface CommitOptions extends ChainOperationOptions {
  /** How deep in the chain the file is that is written; 1, the backing file, if not given. */
  readonly baseDepth?: number;
  /** Leave the image as it is afterwards; it is not opened for writing then. */
  readonly keepsImage?: boolean;
}

/**
 * Store what the image holds in its backing file, or in one deeper in the chain, and then empty the
 * image: see {@linkcode commitImage} and `emptyImage`. The chain must have been opened with that
 * depth as `writableDepth`. Images between the two keep what they hold; what they show may change
 * where it was hidden before, so they are of no further use by themselves.
 *
 * Crash promise: the guest of the image reads the same at any point. Nothing is dropped from the
 * image before all of it is durable in the file that it was committed to.
 *
 * Throws {@linkcode HostError} if there is no such file, or if a guest's data would make a raw
 * file that is probed look like an image.
 */
export async function commitChain(
  chain: ImageChain,
  options: CommitOptions = {},
): Promise<void> {
  const { baseDepth = 1, turn = NO_TURN, onProgress } = options;
  const base = chain.layers[baseDepth];
  if (!base || baseDepth < 1) throw new HostError(`'${chain.top.path}' has no backing file`);
  refuseDisguise(chain, base);
  const committed = await runInTurns(
    commitImage(chain.image, base.source, onProgress ? { onProgress } : {}),
    chain.files,
    turn,
  );
  if (committed.kind === "raw") base.fileBytes = committed.sizeBytes;
  const inFront = chain.layers[baseDepth - 1].image;
  if (inFront) inFront.backing = committed;
  if (options.keepsImage || baseDepth > 1) return;
  await runInTurns(emptyImage(chain.image), chain.files, turn);
}

/** Where streaming stops. */
export interface StreamOptions extends ChainOperationOptions {
  /** The file that stays behind the image, and what its header is to say of it; none, otherwise. */
  readonly base?: { readonly depth: number; readonly reference: BackingReference };
}

/**
 * Copy what the files behind the image hold into it, and do without them: see
 * {@linkcode streamImage}. With a base only what is in front of that is copied, and the base stays
 * as the backing file; no guest may write meanwhile then, for it is {@linkcode rebaseImage}.
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
  throw new HostError(`There is no file at depth ${depth} behind '${chain.top.path}'`);
}

/** Throws {@linkcode HostError} if the files of `behind` cannot be behind the image of `chain`. */
export function assertNoLoop(chain: ImageChain, behind: ImageChain): void {
  assertDepth(behind);
  const { identity } = chain.top.storage;
  if (behind.layers.every(({ storage }) => storage.identity !== identity)) return;
  throw new HostError(
    `'${chain.top.path}' is in the backing chain of '${behind.top.path}': it would be behind itself`,
  );
}

/** A raw file that is probed each time it is opened must not begin like another format. */
function refuseDisguise(chain: ImageChain, base: Layer): void {
  if (base.format !== "raw" || !base.isProbed) return;
  const bytes = new Uint8Array(PROBED_BYTES);
  const image: QedImage = chain.image;
  chain.run(readSource({ kind: "qed", image }, 0, bytes));
  const format = foreignFormat(bytes);
  if (format === undefined) return;
  throw new HostError(
    `The guest's disk begins like a ${format} image, and nothing says that '${base.path}' is raw: ` +
      "committed, it would be taken for one; say so first (rebase -u -F raw)",
  );
}

import { createImage, type CreateOptions } from "../qed/mod.ts";
import { runSync } from "../storage/mod.ts";
import { backingName } from "./backing_name.ts";
import { MAX_LAYERS } from "./chain_opener.ts";
import { FreshFile } from "./fresh_file.ts";
import { HostError } from "../storage/host_error.ts";
import type { ImageChain } from "./image_chain.ts";

/** Options of a new overlay. */
export type OverlayOptions = Pick<CreateOptions, "clusterBytes" | "tableClusters" | "layout">;

/**
 * Create an empty image at `path` with the image of `chain` as its backing file, and of the same
 * size: later writes go to the overlay, and the old image keeps the data as of now. The overlay
 * refers to the old image by a relative name (see {@linkcode backingName}), and marks a raw one as
 * raw, so that it is never probed.
 *
 * Crash promise: the name refers to a complete image or does not exist. Throws
 * {@linkcode HostError} if the name exists already (so that no overlay is lost by mistake), or if
 * the chain has the maximum number of files.
 */
export function createOverlay(
  path: string,
  chain: ImageChain,
  options: OverlayOptions = {},
): void {
  assertDepth(chain);
  const { format, path: imagePath } = chain.top;
  using fresh = FreshFile.create(path, { replaces: false });
  const backing = { name: backingName(path, imagePath), isRaw: format === "raw" };
  const imageBytes = chain.guestBytes;
  runSync(createImage({ ...options, imageBytes, backing }), [fresh.storage]);
  fresh.finish();
}

/** Throw {@linkcode HostError} if an overlay of this chain would have too many files. */
export function assertDepth(chain: ImageChain): void {
  if (chain.layers.length < MAX_LAYERS) return;
  throw new HostError(
    `'${chain.top.path}' and its backing files are ${MAX_LAYERS} files, which is the maximum`,
  );
}

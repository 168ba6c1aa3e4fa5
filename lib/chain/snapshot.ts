import { createImage, type CreateOptions } from "../qed/mod.ts";
import { runSync } from "../storage/mod.ts";
import { backingName } from "./backing_name.ts";
import { MAX_LAYERS } from "./chain_opener.ts";
import { FreshFile } from "./fresh_file.ts";
import { HostError } from "../storage/host_error.ts";
import type { ImageChain } from "./image_chain.ts";

/** What a new overlay is like. */
export type OverlayOptions = Pick<CreateOptions, "clusterBytes" | "tableClusters" | "layout">;

/**
 * Make an empty image at `path` whose backing file is the image of `chain`, and which is as large:
 * from then on writes go to it, and the old image holds what was there before. It refers to the
 * old image by a relative name (see {@linkcode backingName}) and says so if that is raw, so that it
 * is never probed.
 *
 * Crash promise: the name stands for a complete image or for nothing. Throws
 * {@linkcode HostError} if something has the name already (an overlay is not to be lost by mistake),
 * or the chain has as many files as it may.
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

/** Throws {@linkcode HostError} if no image in front of these files could be opened. */
export function assertDepth(behind: ImageChain): void {
  if (behind.layers.length < MAX_LAYERS) return;
  throw new HostError(
    `'${behind.top.path}' and what is behind it are ${MAX_LAYERS} files, the most there may be`,
  );
}

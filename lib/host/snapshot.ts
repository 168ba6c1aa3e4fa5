import { createImage, type CreateOptions } from "../qed/mod.ts";
import { runSync } from "../storage/mod.ts";
import { backingName } from "./backing_name.ts";
import { FreshFile } from "./fresh_file.ts";
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
 * {@linkcode HostError} if something has the name already: an overlay is not to be lost by mistake.
 */
export function createOverlay(
  path: string,
  chain: ImageChain,
  options: OverlayOptions = {},
): void {
  const { format, path: imagePath } = chain.top;
  using fresh = FreshFile.create(path, { replaces: false });
  const backing = { name: backingName(path, imagePath), isRaw: format === "raw" };
  const imageBytes = chain.guestBytes;
  runSync(createImage({ ...options, imageBytes, backing }), [fresh.storage]);
  fresh.finish();
}

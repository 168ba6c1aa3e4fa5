import { type FinishOptions, FreshFile } from "../../lib/chain/mod.ts";
import type { FileStorage } from "../../lib/storage/mod.ts";
import type { Io } from "../kit/io.ts";

/**
 * Make the file `path` with what `fill` puts into it. Until that is complete and, unless the options
 * say otherwise, durable, whatever has the name stays; neither an error nor a signal leaves anything of an unfinished file.
 */
export async function writeFresh(
  path: string,
  io: Io,
  fill: (storage: FileStorage) => void | Promise<void>,
  options: FinishOptions = {},
): Promise<void> {
  let unfinished: FreshFile | undefined;
  // Before there is anything to clean up: a signal may come at any time.
  using _ = io.onInterrupt(() => unfinished?.[Symbol.dispose]());
  using fresh = unfinished = FreshFile.create(path);
  await fill(fresh.storage);
  fresh.finish(options);
}

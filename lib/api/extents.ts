import { type ChainExtent, continuesExtent, ExtentWalker, type ImageChain } from "../chain/mod.ts";
import type { Operation } from "../storage/mod.ts";

/** Runs an operation over the files of a chain. */
export type RunOperation = <T>(operation: Operation<T>) => Promise<T>;

/** The extents of the disk of `chain` from `startBytes` on, with adjacent equal ones joined. */
export async function* joinedExtents(
  chain: ImageChain,
  run: RunOperation,
  startBytes: bigint,
): AsyncGenerator<ChainExtent> {
  using walker = new ExtentWalker(chain);
  let joined: ChainExtent | undefined;
  for (let at = startBytes;;) {
    const extent = await run(walker.extentAt(at));
    if (!extent) break;
    at += extent.lengthBytes;
    if (joined && continuesExtent(joined, extent)) {
      joined = { ...joined, lengthBytes: joined.lengthBytes + extent.lengthBytes };
    } else {
      if (joined) yield joined;
      joined = extent;
    }
  }
  if (joined) yield joined;
}

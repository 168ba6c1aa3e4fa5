import { HoleFinder } from "./holes.ts";
import type { ImageChain } from "./image_chain.ts";
import type { HoleLookup } from "./source_walker.ts";

/** Finds the holes of the raw files of some chains, by slot. */
export class ChainHoles implements Disposable {
  readonly #finders = new Map<number, HoleFinder>();

  /** Open the raw files of `chains`, which must stay open. */
  constructor(...chains: readonly ImageChain[]) {
    for (const { format, file, path } of chains.flatMap(({ layers }) => layers)) {
      if (format === "raw") this.#finders.set(file, new HoleFinder(path));
    }
  }

  /** The number of bytes from `offsetBytes` on that are a hole of the file in a slot. */
  readonly lookup: HoleLookup = (file, offsetBytes) => {
    const finder = this.#finders.get(file);
    if (!finder) return 0;
    const range = finder.nextData(offsetBytes);
    return range ? range.startBytes - offsetBytes : Number.MAX_SAFE_INTEGER - offsetBytes;
  };

  /** Close the files opened to find holes. */
  [Symbol.dispose](): void {
    for (const finder of this.#finders.values()) finder[Symbol.dispose]();
    this.#finders.clear();
  }
}

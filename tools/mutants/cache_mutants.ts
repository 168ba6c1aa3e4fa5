/** Defects of the driver's source: L2 tables that leave the cache while they are in use. */
import type { SourceMutant } from "./mutant.ts";

/** All of these. */
export const CACHE_MUTANTS: readonly SourceMutant[] = [
  {
    name: "a changed table that was driven out meanwhile does not come back",
    area: "cache",
    file: "lib/qed/io/allocate.ts",
    find: "  yield* updateEntries(image, table, change);\n  image.l2Cache.put(table);\n",
    replace: "  yield* updateEntries(image, table, change);\n",
    why: "What was read before the change is in the cache, and the next change undoes this one.",
    trials: ["a write whose table is driven out"],
  },
  {
    name: "a table with entries taken out does not come back when it was driven out",
    area: "cache",
    file: "lib/qed/io/unmap.ts",
    find: "    image.l2Cache.put(table);\n",
    replace: "",
    why: "The entries come back, to clusters that have another use by now.",
    trials: ["a discard whose table is driven out"],
  },
  {
    name: "a table under repair may be driven out",
    area: "cache",
    file: "lib/qed/check/repair.ts",
    find: "      l2Cache.pinned = table;\n",
    replace: "",
    why: "It is read again from the file, which has the bad entries still.",
    trials: ["a repair whose table is driven out"],
  },
];

import { type OrderingProfile, STRICT } from "../../../lib/mod.ts";
import { NEW_TABLE_FLUSH, REPAIRED_FLUSH } from "./flush_labels.ts";
import { type EquivalentMutant } from "./mutant.ts";
import { flushes, omit } from "./request_filters.ts";

const ROUNDING_UP: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict rounding up",
  partialTail: "round-up",
});

/** Changes that break no promise: the explorer finds nothing. */
export const EQUIVALENT_MUTANTS: readonly EquivalentMutant[] = [
  {
    name: "no flush after freed clusters were cut off at close",
    filter: omit(flushes("freed clusters cut off")),
    why: "what is cut off comes back as a leak at worst, and the next allocation flushes, for " +
      "NEED_CHECK or for its data, before an entry points there",
  },
  {
    name: "no flush before the end of a defragmented file is cut off",
    filter: omit(flushes("entries before the file is cut")),
    why: "the last batch of moves ended with a flush, and nothing was changed after it",
  },
  {
    name: "no flush after the new size",
    filter: omit(flushes("new size")),
    why: "the guest was not promised anything yet that its own next flush does not cover",
  },
  {
    name: "no flush before the layout changes",
    filter: omit(flushes("before the layout changes")),
    why: "what was allocated before is in entries whose data is durable, in either layout",
  },
  {
    name: "no flush after NEED_CHECK was cleared",
    filter: omit(flushes("NEED_CHECK cleared")),
    why: "all it protects is durable; at worst the next opening checks for nothing, and the next " +
      "allocation flushes NEED_CHECK again before anything depends on it",
  },
  {
    name: "no flush of its own after tables were repaired",
    filter: omit(REPAIRED_FLUSH),
    why: "the flush before NEED_CHECK is cleared follows at once and covers the tables",
  },
  {
    name: "size rounded up",
    profile: ROUNDING_UP,
    why: "the torn cluster counts as one that nobody refers to: it leaks, and is never handed out",
  },
  {
    name: "no flush between new L2 table and L1 entry, NEED_CHECK set",
    filter: omit(NEW_TABLE_FLUSH),
    why: "NEED_CHECK is durable and the table's clusters are new: what is missing of it is zero, " +
      "and the repair clears an L1 entry that points past the end",
    exceptOn: [
      "backing file",
      "fresh image with a backing file",
      "rfc layout",
      "zeroes over a backing file",
      "discards over a backing file",
      "emptied",
      "copied",
      "grown",
    ],
  },
];

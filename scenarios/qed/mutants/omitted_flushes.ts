import { EAGER } from "../../trim_reuse.ts";
import {
  CLEANED_FLUSH,
  CLEARING_FLUSH,
  DATA_FLUSH,
  FREED_FLUSH,
  NEED_CHECK_FLUSH,
  NEW_TABLE_FLUSH,
  REPAIRED_FLUSH,
} from "./flush_labels.ts";
import { type DetectableMutant } from "./mutant.ts";
import { anyOf, flushes, omit } from "./request_filters.ts";

/** Mutants that omit a flush. */
export const OMITTED_FLUSHES: readonly DetectableMutant[] = [
  {
    name: "no flush between NEED_CHECK and the allocation",
    filter: omit(NEED_CHECK_FLUSH),
    detectedOn: { "later allocations": "inconsistent", "reopened": "aliasing" },
  },
  {
    name: "no flush between data and L2 entry",
    filter: omit(DATA_FLUSH),
    detectedOn: { "backing file": "wrong-data", "rfc layout": "inconsistent" },
  },
  {
    name: "no flush between new L2 table and L1 entry",
    filter: omit(NEW_TABLE_FLUSH),
    detectedOn: { "backing file": "inconsistent", "rfc layout": "unusable" },
  },
  {
    name: "no flush before NEED_CHECK is cleared at close",
    filter: omit(CLEARING_FLUSH),
    detectedOn: { "reopened": "inconsistent" },
  },
  {
    name: "no flush between repaired tables and clearing NEED_CHECK",
    filter: omit(anyOf(REPAIRED_FLUSH, CLEARING_FLUSH)),
    detectedOn: { "dirty image": "inconsistent" },
  },
  {
    name: "the guest's flush swallowed",
    filter: omit(flushes("guest")),
    detectedOn: { "later allocations": "wrong-data", "backing file": "wrong-data" },
  },
  {
    name: "no flush before a cleaned cluster is used again",
    profile: EAGER,
    filter: omit(CLEANED_FLUSH),
    detectedOn: { "discards": "wrong-data", "zeroes": "wrong-data" },
  },
  {
    name: "no flush before a freed cluster is used again, over a backing file",
    profile: EAGER,
    filter: omit(FREED_FLUSH),
    detectedOn: { "discards over a backing file": "wrong-data" },
  },
  {
    name: "no flush before freed clusters are cut off at close",
    filter: omit(CLEARING_FLUSH),
    detectedOn: { "freed at the end": "aliasing" },
  },
  {
    name: "no flush before dropped clusters are cut off",
    filter: omit(flushes("L1 entries before the file is cut")),
    detectedOn: { "emptied": "unusable" },
  },
  {
    name: "no flush between copied clusters and L2 entries",
    filter: omit(DATA_FLUSH),
    detectedOn: { "copied": "wrong-data" },
  },
  {
    name: "no flush between moved clusters and L2 entries",
    filter: omit(flushes("moved data before L2 entries")),
    detectedOn: { "defragmented": "wrong-data", "leaks given back": "wrong-data" },
  },
  {
    name: "no flush before the places of moved clusters are used again",
    filter: omit(flushes("L2 entries before old clusters are reused")),
    detectedOn: { "defragmented": "wrong-data" },
  },
  {
    name: "no flush between moved L2 tables and L1 entries",
    filter: omit(flushes("moved L2 tables before L1 entries")),
    detectedOn: { "defragmented": "wrong-data", "leaks given back": "unusable" },
  },
  {
    name: "no flush before the places of moved L2 tables are used again",
    filter: omit(flushes("L1 entries before old L2 tables are reused")),
    detectedOn: { "defragmented": "wrong-data" },
  },
  {
    name: "no flush before holes are used that discards left",
    filter: omit(flushes("entries before leaked clusters are used")),
    detectedOn: { "leaks given back": "wrong-data" },
  },
  {
    name: "no flush between what is behind the end and the new size",
    filter: omit(flushes("entries before the new size")),
    detectedOn: { "grown": "wrong-data" },
  },
  {
    name: "no flush between the copied last cluster and its entry",
    filter: omit(flushes("data and new L2 tables before entries behind the end")),
    detectedOn: { "grown": "wrong-data" },
  },
  {
    name: "no flush between the new size and clearing what is behind it",
    filter: omit(flushes("new size before entries behind it are cleared")),
    detectedOn: { "shrunk": "wrong-data" },
  },
  {
    name: "no flush between a long backing file name and the header",
    filter: omit(flushes("before the backing file changes")),
    detectedOn: { "backing file renamed": "cannot-open" },
  },
];

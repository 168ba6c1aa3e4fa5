import { EAGER } from "../../trim_reuse.ts";
import {
  CLEANED_FLUSH,
  CLEARING_FLUSH,
  DATA_FLUSH,
  NEED_CHECK_FLUSH,
  NEW_TABLE_FLUSH,
  REPAIRED_FLUSH,
} from "./flush_labels.ts";
import { type DetectableMutant, SEPARATE_FILL } from "./mutant.ts";
import {
  anyOf,
  atFirst,
  delay,
  flushes,
  headerWrites,
  resizes,
  writes,
} from "./request_filters.ts";

const L2_WRITES = anyOf(writes("l2-table"), writes("new-l2-table"));

/** Mutants that swap two steps. */
export const SWAPPED_STEPS: readonly DetectableMutant[] = [
  {
    name: "the new size before what is behind it",
    filter: delay(
      anyOf(L2_WRITES, writes("l1-table"), flushes("entries before the new size")),
      flushes("new size"),
    ),
    detectedOn: { "grown": "wrong-data" },
  },
  {
    name: "the header before the long backing file name",
    filter: delay(writes("backing-name"), writes("header")),
    detectedOn: { "backing file renamed": "cannot-open" },
  },
  {
    name: "freed clusters cut off before the flush at close",
    filter: delay(CLEARING_FLUSH, resizes("freed clusters")),
    detectedOn: { "freed at the end": "aliasing" },
  },
  {
    name: "a freed cluster cleaned after its flush",
    profile: EAGER,
    filter: delay(writes("cleaned-cluster"), CLEANED_FLUSH),
    detectedOn: { "discards": "wrong-data" },
  },
  {
    name: "NEED_CHECK set after its flush",
    filter: delay(headerWrites("set"), NEED_CHECK_FLUSH),
    detectedOn: { "later allocations": "inconsistent" },
  },
  {
    name: "NEED_CHECK set after the data",
    filter: delay(headerWrites("set"), writes("data")),
    detectedOn: { "reopened": "inconsistent" },
  },
  {
    name: "NEED_CHECK set after the L2 entry",
    filter: delay(headerWrites("set"), writes("l2-table")),
    detectedOn: { "later allocations": "inconsistent", "fresh image": "inconsistent" },
  },
  {
    name: "NEED_CHECK cleared before the flush at close",
    filter: delay(CLEARING_FLUSH, headerWrites("cleared")),
    detectedOn: { "reopened": "inconsistent" },
  },
  {
    name: "NEED_CHECK cleared before tables are repaired",
    filter: atFirst(
      delay(
        anyOf(writes("l2-table"), REPAIRED_FLUSH, CLEARING_FLUSH),
        headerWrites("cleared"),
      ),
      headerWrites("cleared"),
    ),
    detectedOn: { "dirty image": "inconsistent" },
  },
  {
    name: "L2 entry before data",
    filter: delay(writes("data"), L2_WRITES),
    detectedOn: { "backing file": "wrong-data", "rfc layout": "inconsistent" },
  },
  {
    name: "data after its flush",
    filter: delay(writes("data"), DATA_FLUSH),
    detectedOn: { "backing file": "wrong-data", "rfc layout": "inconsistent" },
  },
  {
    name: "L1 entry before the new L2 table's flush",
    filter: delay(NEW_TABLE_FLUSH, writes("l1-table")),
    detectedOn: { "backing file": "inconsistent", "rfc layout": "inconsistent" },
  },
  {
    name: "L1 entry before the new L2 table",
    filter: delay(writes("new-l2-table"), writes("l1-table")),
    detectedOn: { "fresh image with a backing file": "inconsistent", "rfc layout": "inconsistent" },
  },
  {
    name: "new L2 table after its flush",
    filter: delay(writes("new-l2-table"), NEW_TABLE_FLUSH),
    detectedOn: { "backing file": "inconsistent", "rfc layout": "inconsistent" },
  },
  {
    name: "torn tail cut off after the data",
    filter: delay(resizes("torn tail"), writes("data")),
    detectedOn: { "torn tail": "wrong-data" },
  },
  {
    name: "fill after the L2 entry",
    profile: SEPARATE_FILL,
    filter: delay(writes("fill"), L2_WRITES),
    detectedOn: { "backing file": "wrong-data" },
  },
];

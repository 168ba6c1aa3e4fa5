/** Ways to get the order of writes wrong, most of them planted by a filter before the driver. */
import type { ViolationKind } from "../../harness/mod.ts";
import { type Filter, type OrderingProfile, STRICT, type WriteRequest } from "../../lib/mod.ts";
import {
  anyOf,
  atFirst,
  flushes,
  headerWrites,
  holdBack,
  leaveOut,
  resizes,
  spoil,
  writes,
} from "../system/plant_testing.ts";
import { CLUSTER } from "./sizes.ts";
import type { WorkloadName } from "./test_workloads.ts";
import { EAGER } from "../trim_reuse.ts";

/** A change of the driver's behaviour. */
export interface Plant {
  /** What is different. */
  readonly name: string;
  /** The driver's profile; {@linkcode STRICT} if not given. */
  readonly profile?: OrderingProfile;
  /** Makes a filter that nothing went through yet. */
  readonly plant?: () => Filter;
}

/** A bug, and on some workloads a kind of violation that the explorer must find. */
export interface PlantedBug extends Plant {
  readonly foundOn: Readonly<Partial<Record<WorkloadName, ViolationKind>>>;
}

/** A change that breaks no promise, and why. */
export interface HarmlessChange extends Plant {
  readonly why: string;
  /** The workloads on which it is none. */
  readonly exceptOn?: readonly WorkloadName[];
}

/** `strict`, but what surrounds the data in its cluster is written by itself, as QEMU does. */
export const SEPARATE_FILL: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict with separate fill",
  fill: "separate",
});
const ROUNDING_UP: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict rounding up",
  partialTail: "round-up",
});
const ROUNDING_DOWN: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict rounding down",
  partialTail: "round-down",
});

const NEED_CHECK_FLUSH = flushes("NEED_CHECK before allocation");
const DATA_FLUSH = flushes("data before L2 entry");
const NEW_TABLE_FLUSH = flushes("new L2 table before L1 entry");
const CLEARING_FLUSH = flushes("before clearing NEED_CHECK");
const REPAIRED_FLUSH = flushes("repaired tables");
const CLEANED_FLUSH = flushes("cleaned clusters before they are reused");
const FREED_FLUSH = flushes("freed clusters before they are reused");
const L2_WRITES = anyOf(writes("l2-table"), writes("new-l2-table"));

/** Every entry that is not zero points a cluster further down. */
function oneClusterDown(request: WriteRequest): WriteRequest {
  const view = new DataView(request.bytes.buffer);
  for (let at = 0; at < request.bytes.length; at += 8) {
    const entry = view.getBigUint64(at, true);
    if (entry > 1n) view.setBigUint64(at, entry - BigInt(CLUSTER), true);
  }
  return request;
}

function furtherBy(distanceBytes: number): (request: WriteRequest) => WriteRequest {
  return (request) => ({ ...request, offsetBytes: request.offsetBytes + distanceBytes });
}

function firstSector(request: WriteRequest): WriteRequest {
  return { ...request, bytes: request.bytes.subarray(0, 512) };
}

/** Zero clusters become unallocated ones. */
function unallocatedForZero(request: WriteRequest): WriteRequest {
  const view = new DataView(request.bytes.buffer);
  for (let at = 0; at < request.bytes.length; at += 8) {
    if (view.getBigUint64(at, true) === 1n) view.setBigUint64(at, 0n, true);
  }
  return request;
}

/** What the explorer must find. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  // A flush left out.
  {
    name: "no flush between NEED_CHECK and the allocation",
    plant: leaveOut(NEED_CHECK_FLUSH),
    foundOn: { "later allocations": "inconsistent", "reopened": "aliasing" },
  },
  {
    name: "no flush between data and L2 entry",
    plant: leaveOut(DATA_FLUSH),
    foundOn: { "backing file": "wrong-data", "rfc layout": "inconsistent" },
  },
  {
    name: "no flush between new L2 table and L1 entry",
    plant: leaveOut(NEW_TABLE_FLUSH),
    foundOn: { "backing file": "inconsistent", "rfc layout": "unusable" },
  },
  {
    name: "no flush before NEED_CHECK is cleared at close",
    plant: leaveOut(CLEARING_FLUSH),
    foundOn: { "reopened": "inconsistent" },
  },
  {
    name: "no flush between repaired tables and clearing NEED_CHECK",
    plant: leaveOut(anyOf(REPAIRED_FLUSH, CLEARING_FLUSH)),
    foundOn: { "dirty image": "inconsistent" },
  },
  {
    name: "the guest's flush swallowed",
    plant: leaveOut(flushes("guest")),
    foundOn: { "later allocations": "wrong-data", "backing file": "wrong-data" },
  },
  {
    name: "no flush before a cleaned cluster is used again",
    profile: EAGER,
    plant: leaveOut(CLEANED_FLUSH),
    foundOn: { "discards": "wrong-data", "zeroes": "wrong-data" },
  },
  {
    name: "no flush before a freed cluster is used again, over a backing file",
    profile: EAGER,
    plant: leaveOut(FREED_FLUSH),
    foundOn: { "discards over a backing file": "wrong-data" },
  },
  {
    name: "no flush before freed clusters are cut off at close",
    plant: leaveOut(CLEARING_FLUSH),
    foundOn: { "freed at the end": "aliasing" },
  },
  {
    name: "no flush before dropped clusters are cut off",
    plant: leaveOut(flushes("L1 entries before the file is cut")),
    foundOn: { "emptied": "unusable" },
  },
  {
    name: "no flush between copied clusters and L2 entries",
    plant: leaveOut(DATA_FLUSH),
    foundOn: { "copied": "wrong-data" },
  },
  {
    name: "no flush between moved clusters and L2 entries",
    plant: leaveOut(flushes("moved data before L2 entries")),
    foundOn: { "defragmented": "wrong-data", "leaks given back": "wrong-data" },
  },
  {
    name: "no flush before the places of moved clusters are used again",
    plant: leaveOut(flushes("L2 entries before old clusters are reused")),
    foundOn: { "defragmented": "wrong-data" },
  },
  {
    name: "no flush between moved L2 tables and L1 entries",
    plant: leaveOut(flushes("moved L2 tables before L1 entries")),
    foundOn: { "defragmented": "wrong-data", "leaks given back": "unusable" },
  },
  {
    name: "no flush before the places of moved L2 tables are used again",
    plant: leaveOut(flushes("L1 entries before old L2 tables are reused")),
    foundOn: { "defragmented": "wrong-data" },
  },
  {
    name: "no flush before holes are used that discards left",
    plant: leaveOut(flushes("entries before leaked clusters are used")),
    foundOn: { "leaks given back": "wrong-data" },
  },
  {
    name: "no flush between what is behind the end and the new size",
    plant: leaveOut(flushes("entries before the new size")),
    foundOn: { "grown": "wrong-data" },
  },
  {
    name: "no flush between the copied last cluster and its entry",
    plant: leaveOut(flushes("data and new L2 tables before entries behind the end")),
    foundOn: { "grown": "wrong-data" },
  },
  {
    name: "no flush between the new size and clearing what is behind it",
    plant: leaveOut(flushes("new size before entries behind it are cleared")),
    foundOn: { "shrunk": "wrong-data" },
  },
  {
    name: "no flush between a long backing file name and the header",
    plant: leaveOut(flushes("before the backing file changes")),
    foundOn: { "backing file renamed": "cannot-open" },
  },
  // Two steps swapped.
  {
    name: "the new size before what is behind it",
    plant: holdBack(
      anyOf(L2_WRITES, writes("l1-table"), flushes("entries before the new size")),
      flushes("new size"),
    ),
    foundOn: { "grown": "wrong-data" },
  },
  {
    name: "the header before the long backing file name",
    plant: holdBack(writes("backing-name"), writes("header")),
    foundOn: { "backing file renamed": "cannot-open" },
  },
  {
    name: "freed clusters cut off before the flush at close",
    plant: holdBack(CLEARING_FLUSH, resizes("freed clusters")),
    foundOn: { "freed at the end": "aliasing" },
  },
  {
    name: "a freed cluster cleaned after its flush",
    profile: EAGER,
    plant: holdBack(writes("cleaned-cluster"), CLEANED_FLUSH),
    foundOn: { "discards": "wrong-data" },
  },
  {
    name: "NEED_CHECK set after its flush",
    plant: holdBack(headerWrites("set"), NEED_CHECK_FLUSH),
    foundOn: { "later allocations": "inconsistent" },
  },
  {
    name: "NEED_CHECK set after the data",
    plant: holdBack(headerWrites("set"), writes("data")),
    foundOn: { "reopened": "inconsistent" },
  },
  {
    name: "NEED_CHECK set after the L2 entry",
    plant: holdBack(headerWrites("set"), writes("l2-table")),
    foundOn: { "later allocations": "inconsistent", "fresh image": "inconsistent" },
  },
  {
    name: "NEED_CHECK cleared before the flush at close",
    plant: holdBack(CLEARING_FLUSH, headerWrites("cleared")),
    foundOn: { "reopened": "inconsistent" },
  },
  {
    name: "NEED_CHECK cleared before tables are repaired",
    plant: atFirst(
      holdBack(
        anyOf(writes("l2-table"), REPAIRED_FLUSH, CLEARING_FLUSH),
        headerWrites("cleared"),
      ),
      headerWrites("cleared"),
    ),
    foundOn: { "dirty image": "inconsistent" },
  },
  {
    name: "L2 entry before data",
    plant: holdBack(writes("data"), L2_WRITES),
    foundOn: { "backing file": "wrong-data", "rfc layout": "inconsistent" },
  },
  {
    name: "data after its flush",
    plant: holdBack(writes("data"), DATA_FLUSH),
    foundOn: { "backing file": "wrong-data", "rfc layout": "inconsistent" },
  },
  {
    name: "L1 entry before the new L2 table's flush",
    plant: holdBack(NEW_TABLE_FLUSH, writes("l1-table")),
    foundOn: { "backing file": "inconsistent", "rfc layout": "inconsistent" },
  },
  {
    name: "L1 entry before the new L2 table",
    plant: holdBack(writes("new-l2-table"), writes("l1-table")),
    foundOn: { "fresh image with a backing file": "inconsistent", "rfc layout": "inconsistent" },
  },
  {
    name: "new L2 table after its flush",
    plant: holdBack(writes("new-l2-table"), NEW_TABLE_FLUSH),
    foundOn: { "backing file": "inconsistent", "rfc layout": "inconsistent" },
  },
  {
    name: "torn tail cut off after the data",
    plant: holdBack(resizes("torn tail"), writes("data")),
    foundOn: { "torn tail": "wrong-data" },
  },
  {
    name: "fill after the L2 entry",
    profile: SEPARATE_FILL,
    plant: holdBack(writes("fill"), L2_WRITES),
    foundOn: { "backing file": "wrong-data" },
  },
  // Something not done, or done to the wrong place.
  {
    name: "of a moved cluster only the first sector copied",
    plant: spoil(writes("moved-data"), firstSector),
    foundOn: { "defragmented": "wrong-data" },
  },
  {
    name: "the last cluster not cleared behind the old end",
    plant: leaveOut(writes("last-cluster")),
    foundOn: { "grown": "wrong-data" },
  },
  {
    name: "of the new layout's header only the first fields written",
    plant: spoil(writes("header"), (request) => ({
      ...request,
      bytes: request.bytes.subarray(0, 44),
    })),
    foundOn: { "layout upgraded": "wrong-data" },
  },
  {
    name: "a freed cluster used again as it is",
    profile: EAGER,
    plant: leaveOut(writes("cleaned-cluster")),
    foundOn: { "discards": "wrong-data" },
  },
  {
    name: "the wrong cluster cleaned",
    profile: EAGER,
    plant: spoil(writes("cleaned-cluster"), furtherBy(CLUSTER)),
    foundOn: { "discards": "wrong-data" },
  },
  {
    name: "a freed cluster unallocated over a backing file",
    plant: spoil(L2_WRITES, unallocatedForZero),
    foundOn: { "zeroes over a backing file": "wrong-data" },
  },
  {
    name: "NEED_CHECK never set",
    plant: leaveOut(headerWrites("set")),
    foundOn: { "fresh image": "inconsistent", "reopened": "inconsistent" },
  },
  {
    name: "torn tail not cut off",
    plant: leaveOut(resizes("torn tail")),
    foundOn: { "torn tail": "wrong-data" },
  },
  {
    name: "size rounded down and the torn tail kept",
    profile: ROUNDING_DOWN,
    foundOn: { "torn tail": "wrong-data" },
  },
  {
    name: "fill left out",
    profile: SEPARATE_FILL,
    plant: leaveOut(writes("fill")),
    foundOn: { "backing file": "wrong-data", "fresh image": "wrong-data" },
  },
  {
    name: "data in the wrong cluster",
    plant: spoil(writes("data"), furtherBy(CLUSTER)),
    foundOn: { "fresh image": "wrong-data", "later allocations": "wrong-data" },
  },
  {
    name: "data in the wrong sector",
    plant: spoil(writes("data"), furtherBy(512)),
    foundOn: { "unaligned and crossing": "wrong-data" },
  },
  {
    name: "L2 entry in the wrong sector",
    plant: spoil(writes("l2-table"), furtherBy(512)),
    foundOn: { "later allocations": "wrong-data", "dirty image": "inconsistent" },
  },
  {
    name: "L2 entry one cluster too low",
    plant: spoil(writes("l2-table"), oneClusterDown),
    foundOn: { "later allocations": "wrong-data", "several L2 tables": "wrong-data" },
  },
  {
    name: "L1 entry one cluster too low",
    plant: spoil(writes("l1-table"), oneClusterDown),
    foundOn: { "several L2 tables": "wrong-data" },
  },
  {
    name: "L2 entry never written",
    plant: leaveOut(writes("l2-table")),
    foundOn: { "later allocations": "wrong-data", "backing file": "leak" },
  },
  {
    name: "L1 entry never written",
    plant: leaveOut(writes("l1-table")),
    foundOn: { "several L2 tables": "wrong-data" },
  },
  {
    name: "of a new L2 table only the first sector written",
    plant: spoil(writes("new-l2-table"), firstSector),
    foundOn: { "several L2 tables": "wrong-data", "backing file": "inconsistent" },
  },
];

/** What may be left out or changed without breaking a promise: the explorer finds nothing. */
export const HARMLESS_CHANGES: readonly HarmlessChange[] = [
  {
    name: "no flush after freed clusters were cut off at close",
    plant: leaveOut(flushes("freed clusters cut off")),
    why: "what is cut off comes back as a leak at worst, and the next allocation flushes, for " +
      "NEED_CHECK or for its data, before an entry points there",
  },
  {
    name: "no flush before the end of a defragmented file is cut off",
    plant: leaveOut(flushes("entries before the file is cut")),
    why: "the last batch of moves ended with a flush, and nothing was changed after it",
  },
  {
    name: "no flush after the new size",
    plant: leaveOut(flushes("new size")),
    why: "the guest was not promised anything yet that its own next flush does not cover",
  },
  {
    name: "no flush before the layout changes",
    plant: leaveOut(flushes("before the layout changes")),
    why: "what was allocated before is in entries whose data is durable, in either layout",
  },
  {
    name: "no flush after NEED_CHECK was cleared",
    plant: leaveOut(flushes("NEED_CHECK cleared")),
    why: "all it protects is durable; at worst the next opening checks for nothing, and the next " +
      "allocation flushes NEED_CHECK again before anything depends on it",
  },
  {
    name: "no flush of its own after tables were repaired",
    plant: leaveOut(REPAIRED_FLUSH),
    why: "the flush before NEED_CHECK is cleared follows at once and covers the tables",
  },
  {
    name: "size rounded up",
    profile: ROUNDING_UP,
    why: "the torn cluster counts as one that nobody refers to: it leaks, and is never handed out",
  },
  {
    name: "no flush between new L2 table and L1 entry, NEED_CHECK set",
    plant: leaveOut(NEW_TABLE_FLUSH),
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

import { type OrderingProfile, STRICT, type WriteRequest } from "../../../lib/mod.ts";
import { EAGER } from "../../trim_reuse.ts";
import { CLUSTER } from "../sizes.ts";
import { type DetectableMutant, SEPARATE_FILL } from "./mutant.ts";
import { alter, anyOf, headerWrites, omit, resizes, writes } from "./request_filters.ts";

const ROUNDING_DOWN: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict rounding down",
  partialTail: "round-down",
});

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

/** Mutants that omit a write, or write something else or elsewhere. */
export const WRONG_WRITES: readonly DetectableMutant[] = [
  {
    name: "of a moved cluster only the first sector copied",
    filter: alter(writes("moved-data"), firstSector),
    detectedOn: { "defragmented": "wrong-data" },
  },
  {
    name: "the last cluster not cleared behind the old end",
    filter: omit(writes("last-cluster")),
    detectedOn: { "grown": "wrong-data" },
  },
  {
    name: "of the new layout's header only the first fields written",
    filter: alter(writes("header"), (request) => ({
      ...request,
      bytes: request.bytes.subarray(0, 44),
    })),
    detectedOn: { "layout upgraded": "wrong-data" },
  },
  {
    name: "a freed cluster used again as it is",
    profile: EAGER,
    filter: omit(writes("cleaned-cluster")),
    detectedOn: { "discards": "wrong-data" },
  },
  {
    name: "the wrong cluster cleaned",
    profile: EAGER,
    filter: alter(writes("cleaned-cluster"), furtherBy(CLUSTER)),
    detectedOn: { "discards": "wrong-data" },
  },
  {
    name: "a freed cluster unallocated over a backing file",
    filter: alter(L2_WRITES, unallocatedForZero),
    detectedOn: { "zeroes over a backing file": "wrong-data" },
  },
  {
    name: "NEED_CHECK never set",
    filter: omit(headerWrites("set")),
    detectedOn: { "fresh image": "inconsistent", "reopened": "inconsistent" },
  },
  {
    name: "torn tail not cut off",
    filter: omit(resizes("torn tail")),
    detectedOn: { "torn tail": "wrong-data" },
  },
  {
    name: "size rounded down and the torn tail kept",
    profile: ROUNDING_DOWN,
    detectedOn: { "torn tail": "wrong-data" },
  },
  {
    name: "fill left out",
    profile: SEPARATE_FILL,
    filter: omit(writes("fill")),
    detectedOn: { "backing file": "wrong-data", "fresh image": "wrong-data" },
  },
  {
    name: "data in the wrong cluster",
    filter: alter(writes("data"), furtherBy(CLUSTER)),
    detectedOn: { "fresh image": "wrong-data", "later allocations": "wrong-data" },
  },
  {
    name: "data in the wrong sector",
    filter: alter(writes("data"), furtherBy(512)),
    detectedOn: { "unaligned and crossing": "wrong-data" },
  },
  {
    name: "L2 entry in the wrong sector",
    filter: alter(writes("l2-table"), furtherBy(512)),
    detectedOn: { "later allocations": "wrong-data", "dirty image": "inconsistent" },
  },
  {
    name: "L2 entry one cluster too low",
    filter: alter(writes("l2-table"), oneClusterDown),
    detectedOn: { "later allocations": "wrong-data", "several L2 tables": "wrong-data" },
  },
  {
    name: "L1 entry one cluster too low",
    filter: alter(writes("l1-table"), oneClusterDown),
    detectedOn: { "several L2 tables": "wrong-data" },
  },
  {
    name: "L2 entry never written",
    filter: omit(writes("l2-table")),
    detectedOn: { "later allocations": "wrong-data", "backing file": "leak" },
  },
  {
    name: "L1 entry never written",
    filter: omit(writes("l1-table")),
    detectedOn: { "several L2 tables": "wrong-data" },
  },
  {
    name: "of a new L2 table only the first sector written",
    filter: alter(writes("new-l2-table"), firstSector),
    detectedOn: { "several L2 tables": "wrong-data", "backing file": "inconsistent" },
  },
];

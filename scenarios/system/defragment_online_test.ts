/** Defragmentation while guests run: any order of their requests, every crash. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import fc from "fast-check";
import { exploreLazily, SECTORS, violationKey } from "../../harness/advanced.ts";
import {
  defragmentImage,
  nextExtent,
  type Operation,
  type QedImage,
  STRICT,
} from "../../lib/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { setUp } from "../qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "../qed/sizes.ts";
import { patternBytes } from "../qed/pattern_bytes.ts";
import {
  discard,
  FLUSH,
  inTurn,
  operate,
  type Request,
  together,
  type Workload,
  write,
  zero,
} from "../qed/workload.ts";
import { EAGER } from "../trim_reuse.ts";

const RUNS = sized({ short: 12, long: 60 });
const TABLES = 3;
/** Each guest that trims has its own clusters in each L2 table, so no other guest affects its promises. */
const GUEST_CLUSTERS = 5;

const PLACES = fc.record({
  table: fc.nat(TABLES - 1),
  cluster: fc.nat(GUEST_CLUSTERS - 3),
  offset: fc.constantFrom(0, 0, 512, CLUSTER - 512),
  length: fc.constantFrom(512, CLUSTER, 2 * CLUSTER),
});

const WRITES: fc.Arbitrary<Request> = PLACES.map(({ table, cluster, offset, length }) =>
  write(table * PER_L2_TABLE + cluster * CLUSTER + offset, length)
);

function requestsOf(guest: number): fc.Arbitrary<Request> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constantFrom(write, write, discard, zero), PLACES)
        .map(([request, { table, cluster, offset, length }]) => {
          const own = guest * GUEST_CLUSTERS + cluster;
          return request(table * PER_L2_TABLE + own * CLUSTER + offset, length);
        }),
    },
    { weight: 1, arbitrary: fc.constant(FLUSH) },
  );
}

const COMMON = {
  windowClusters: fc.constantFrom(1, 2, 4),
  trackedClusters: fc.constantFrom(1, 4, 100),
  seed: fc.nat(),
  hasBacking: fc.boolean(),
};
const WRITING = fc.record({
  ...COMMON,
  prepared: fc.array(WRITES, { minLength: 2, maxLength: 8 }),
  guests: fc.array(fc.array(WRITES, { maxLength: 5 }), { maxLength: 3 }),
});
const TRIMMING = fc.record({
  ...COMMON,
  prepared: fc.array(WRITES, { minLength: 2, maxLength: 8 }),
  guests: fc.tuple(
    fc.array(requestsOf(0), { minLength: 1, maxLength: 5 }),
    fc.array(requestsOf(1), { maxLength: 5 }),
  ),
});
type Plan = typeof WRITING extends fc.Arbitrary<infer T> ? T : never;

/** A reader of the map of the disk, which holds no lock. */
function* mapTwice(image: QedImage): Operation<void> {
  for (let round = 0; round < 2; round++) {
    let at = 0n;
    for (let extent = yield* nextExtent(image, at); extent;) {
      at = extent.startBytes + extent.lengthBytes;
      extent = yield* nextExtent(image, at);
    }
  }
}

/** Guests that write during a defragmentation that may leak `givesUpBytes`. */
function workloadOf(
  { prepared, guests, seed, hasBacking, ...options }: Plan,
  givesUpBytes: number,
): Workload {
  return {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    prepared,
    ...(hasBacking && { backing: patternBytes(77, 0, 3 * CLUSTER + 512) }),
    steps: [
      together([
        operate((image) => defragmentImage(image, options), { givesUpBytes }),
        ...guests.map((requests) => inTurn(...requests)),
        operate(mapTwice),
      ], { seed }),
      FLUSH,
      write(3 * CLUSTER, 512),
    ],
  };
}

/** Explore it; returns the number of states, as a power of two. */
function assertSurvives(workload: Workload, profile = STRICT): number {
  const { log, target } = setUp({
    name: "guests beside a defragmentation",
    profile,
    preset: SECTORS,
    workload,
    postRecoveryWrites: [{ offsetBytes: 5 * PER_L2_TABLE, lengthBytes: 512 }],
    expected: "clean",
  });
  const { violations, states } = exploreLazily(log, target, SECTORS, {
    guestBytes: DISK,
    onProgress: refuseToGoOnForever,
  });
  assertEquals(violations.map(violationKey), []);
  return states.log2;
}

/** A log of more states than this takes too long: unflushed garbage multiplies the states. */
function refuseToGoOnForever(_done: number, _total: number, recoveries: number): void {
  assertLess(recoveries, 50_000);
}

seededTest("guests that write during a defragmentation lose nothing, and no space", (seed) => {
  let largest = 0;
  fc.assert(
    fc.property(WRITING, (plan) => {
      // The operation may leak nothing: after the flush, a leak is a violation.
      largest = Math.max(largest, assertSurvives(workloadOf(plan, 0)));
    }),
    { seed, numRuns: RUNS },
  );
  assertGreater(largest, 20);
});

seededTest("guests that trim and flush during a defragmentation lose nothing", (seed) => {
  fc.assert(
    fc.property(TRIMMING, fc.constantFrom(STRICT, EAGER), (plan, profile) => {
      // A guest's flush makes the growth of the file durable: the window and the tables.
      const givesUpBytes = (plan.windowClusters + TABLES) * CLUSTER;
      assertSurvives(workloadOf(plan, givesUpBytes), profile);
    }),
    { seed, numRuns: RUNS },
  );
});

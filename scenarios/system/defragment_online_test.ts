/** Defragmentation beside guests: any order of their requests, every crash. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import fc from "fast-check";
import { exploreLazily, SECTORS, violationKey } from "../../harness/mod.ts";
import {
  defragmentImage,
  nextExtent,
  type Operation,
  type QedImage,
  STRICT,
} from "../../lib/mod.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { setUp } from "../qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "../qed/sizes.ts";
import {
  discard,
  FLUSH,
  inTurn,
  operate,
  patternBytes,
  type Request,
  together,
  type Workload,
  write,
  zero,
} from "../qed/workload.ts";
import { EAGER } from "../trim_reuse.ts";

const RUNS = 60;
const TABLES = 3;
/** Each guest that trims has clusters of its own in each L2 table; what it is promised depends on it alone. */
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

/** Somebody who looks at the map of the disk, and holds nothing of it. */
function* mapTwice(image: QedImage): Operation<void> {
  for (let round = 0; round < 2; round++) {
    let at = 0n;
    for (let extent = yield* nextExtent(image, at); extent;) {
      at = extent.startBytes + extent.lengthBytes;
      extent = yield* nextExtent(image, at);
    }
  }
}

/** Guests that write beside a defragmentation that may lose `givesUpBytes` of space. */
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

/** Explore it; answers how many states there were, as a power of two. */
function assertSurvives(workload: Workload, profile = STRICT): number {
  const { log, target } = setUp({
    name: "guests beside a defragmentation",
    profile,
    preset: SECTORS,
    workload,
    probes: [{ offsetBytes: 5 * PER_L2_TABLE, lengthBytes: 512 }],
    expected: "clean",
  });
  const { violations, states } = exploreLazily(log, target, SECTORS, {
    guestBytes: DISK,
    onProgress: refuseToGoOnForever,
  });
  assertEquals(violations.map(violationKey), []);
  return states.log2;
}

/** A log that leaves rubbish has more states than anyone can wait for. */
function refuseToGoOnForever(_done: number, _total: number, recoveries: number): void {
  assertLess(recoveries, 50_000);
}

seededTest("guests that write during a defragmentation lose nothing, and no space", (seed) => {
  let largest = 0;
  fc.assert(
    fc.property(WRITING, (plan) => {
      // Nothing is given up: behind the flush no space may be lost.
      largest = Math.max(largest, assertSurvives(workloadOf(plan, 0)));
    }),
    { seed, numRuns: RUNS },
  );
  assertGreater(largest, 20);
});

seededTest("guests that trim and flush during a defragmentation lose nothing", (seed) => {
  fc.assert(
    fc.property(TRIMMING, fc.constantFrom(STRICT, EAGER), (plan, profile) => {
      // A guest's flush settles what the file has grown by so far: the window and the tables.
      const givesUpBytes = (plan.windowClusters + TABLES) * CLUSTER;
      assertSurvives(workloadOf(plan, givesUpBytes), profile);
    }),
    { seed, numRuns: RUNS },
  );
});

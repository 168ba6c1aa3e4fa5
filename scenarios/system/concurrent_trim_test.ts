/** Guests that concurrently discard clusters and write others: any order, every crash. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SECTORS, violationKey } from "../../harness/advanced.ts";
import { flushImage, type QedImage, STRICT } from "../../lib/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { explore } from "../qed/scenario.ts";
import { CLUSTER, DISK } from "../qed/sizes.ts";
import { patternBytes } from "../qed/pattern_bytes.ts";
import {
  discard,
  FLUSH,
  inTurn,
  operate,
  type Request,
  type Step,
  together,
  type Workload,
  write,
  zero,
} from "../qed/workload.ts";
import { EAGER } from "../trim_reuse.ts";

const RUNS = sized({ short: 15, long: 60 });
/** Each guest has clusters of its own, all of them in one L2 table. */
const GUEST_CLUSTERS = 8;

/** The requests that guest number `guest` may send. */
function requestsOf(guest: number): fc.Arbitrary<Request> {
  const ranges = fc.record({
    cluster: fc.nat(GUEST_CLUSTERS - 4),
    offset: fc.constantFrom(0, 0, 0, 512),
    length: fc.constantFrom(512, CLUSTER, 3 * CLUSTER),
  });
  return fc.oneof(
    fc.tuple(fc.constantFrom(write, write, discard, discard, zero), ranges)
      .map(([request, { cluster, offset, length }]) =>
        request((guest * GUEST_CLUSTERS + cluster) * CLUSTER + offset, length)
      ),
    fc.constant(FLUSH),
  );
}

const PLANS = fc.record({
  guests: fc.integer({ min: 2, max: 4 }).chain((count) =>
    fc.tuple(
      ...Array.from(
        { length: count },
        (_, guest) => fc.array(requestsOf(guest), { minLength: 1, maxLength: 4 }),
      ),
    )
  ),
  seed: fc.nat(),
  hasBacking: fc.boolean(),
});
type Plan = typeof PLANS extends fc.Arbitrary<infer T> ? T : never;

function workloadOf({ guests, seed, hasBacking }: Plan): Workload {
  return {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    prepared: guests.map((_, guest) => write(guest * GUEST_CLUSTERS * CLUSTER, 5 * CLUSTER)),
    ...(hasBacking && { backing: patternBytes(77, 0, 12 * CLUSTER + 512) }),
    steps: [
      write(60 * CLUSTER, 512),
      together(guests.map((requests) => inTurn(...requests)), { seed }),
      write(61 * CLUSTER, 512),
    ],
  };
}

function violationsOf(workload: Workload, profile = EAGER): string[] {
  const postRecoveryWrites = [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }];
  const each = { name: "trim", profile, preset: SECTORS, workload, postRecoveryWrites };
  return explore({ ...each, expected: "clean" }).violations.map(violationKey);
}

seededTest(
  "guests that trim and write at the same time lose nothing, whatever the crash",
  (seed) => {
    fc.assert(
      fc.property(
        PLANS,
        fc.constantFrom(EAGER, EAGER, STRICT),
        (plan, profile) => assertEquals(violationsOf(workloadOf(plan), profile), []),
      ),
      { seed, numRuns: RUNS },
    );
  },
);

Deno.test("a mutant is detected: a flush releases clusters that were freed while it was in progress", () => {
  const mutate: Step = operate((image: QedImage) => {
    image.free.coveredByFlush = () => image.free.freed;
    return flushImage(image);
  });
  const kinds = violationsOf({
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    backing: patternBytes(77, 0, 12 * CLUSTER),
    prepared: [write(0, 3 * CLUSTER)],
    // The flush is issued first and completes last.
    steps: [mutate, together([FLUSH, discard(0, CLUSTER)], [1, 1]), write(20 * CLUSTER, 512)],
  });
  assert(kinds.some((key) => key.startsWith("wrong-data")), kinds.join());
});

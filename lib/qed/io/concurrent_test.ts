import { assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { Operation } from "../../storage/request.ts";
import { sized } from "../../../test_support/long.ts";
import { seededTest } from "../../../test_support/seeds.ts";
import { runTogether, TOGETHER } from "./concurrent_testing.ts";
import type { QedImage } from "../image/image.ts";

seededTest("requests that run together end as if they came one after the other", async (seed) => {
  await fc.assert(fc.asyncProperty(TOGETHER, (plan) => runTogether(plan)), {
    seed,
    numRuns: sized({ short: 150, long: 600 }),
  });
});

/** Ways to lose the order, and what then goes wrong. */
const INJECTED: Readonly<Record<string, { inject: (image: QedImage) => void; found: string }>> = {
  "no ranges are held": {
    inject: (image) => {
      image.withRangeLock = <T>(_range: unknown, _intent: unknown, work: Operation<T>) => work;
    },
    found: "final contents",
  },
  "allocations take no turns": {
    inject: (image) => {
      image.withAllocationLock = <T>(work: Operation<T>) => work;
    },
    found: "two allocations at a time",
  },
  "beside a repair, in-place writes go on at once": {
    inject: (image) => {
      Object.assign(image, { profile: { ...image.profile, waitsForRepair: false } });
    },
    found: "final contents",
  },
  "beside a repair, a table may be read while its file has the old entries": {
    inject: (image) => {
      Object.defineProperty(image.l2Cache, "pinned", { get: () => undefined, set: () => {} });
    },
    found: "FormatError: l2_table",
  },
  "flushes are answered and not carried out": {
    inject: (image) => {
      image.flush = function* () {};
    },
    found: "lost byte",
  },
};

for (const [name, { inject, found }] of Object.entries(INJECTED)) {
  Deno.test(`injected bug is found: ${name}`, async () => {
    const messages = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const result = await fc.check(
        fc.asyncProperty(TOGETHER, (plan) => runTogether(plan, inject)),
        { seed, numRuns: 60, endOnFailure: true },
      );
      messages.add(String(result.errorInstance));
    }
    assertStringIncludes([...messages].join("\n"), found);
  });
}

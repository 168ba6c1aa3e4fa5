import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import type { Step } from "../target/subject.ts";
import { type FailurePredicate, shrinkSteps } from "./shrink_steps.ts";

const UNIT = 4096;

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("write" as const, "zero" as const, "discard" as const),
    offsetBytes: fc.nat(20 * UNIT),
    lengthBytes: fc.integer({ min: 1, max: 3 * UNIT }),
  }),
  fc.constantFrom<Step>({ kind: "flush" }, { kind: "reopen" }, { kind: "snapshot" }),
  fc.record({ kind: fc.constant("grow" as const), sizeBytes: fc.nat(100 * UNIT) }),
);
const STEPS = fc.array(STEP, { minLength: 1, maxLength: 60, size: "max" });

const always: FailurePredicate = (steps) => ({ stepCount: steps.length });

/** Fails if these kinds come in this order; not before the last of them. */
function hasInOrder(kinds: readonly Step["kind"][]): FailurePredicate {
  return (steps) => {
    let found = 0;
    for (const [i, step] of steps.entries()) {
      if (step.kind === kinds[found]) found++;
      if (found === kinds.length) return { stepCount: i + 1 };
    }
    return undefined;
  };
}

seededTest("what comes out fails, and without any one or two of its steps it does not", (seed) => {
  const kinds = fc.array(STEP.map(({ kind }) => kind), { minLength: 1, maxLength: 4 });
  let failing = 0;
  fc.assert(
    fc.property(STEPS, kinds, (steps, wanted) => {
      const fails = hasInOrder(wanted);
      const shrunk = shrinkSteps(steps, fails, UNIT);
      if (!fails(steps)) {
        assertEquals(shrunk, steps);
        return;
      }
      failing++;
      assertEquals(shrunk.map(({ kind }) => kind), wanted);
      assertEquals(shrinkSteps(steps, fails, UNIT), shrunk);
    }),
    { seed, numRuns: 400 },
  );
  assert(failing > 100, `${failing} cases failed`);
});

seededTest("two steps that need each other, or no other, are left out together", (seed) => {
  // Fails if there is a flush, and the snapshots and the growths are as many.
  const fails: FailurePredicate = (steps) => {
    const count = (kind: Step["kind"]) => steps.filter((step) => step.kind === kind).length;
    const isEven = count("snapshot") === count("grow");
    return count("flush") > 0 && isEven ? { stepCount: steps.length } : undefined;
  };
  fc.assert(
    fc.property(fc.array(STEP, { minLength: 1, maxLength: 12 }), (steps) => {
      if (fails(steps)) assertEquals(shrinkSteps(steps, fails, UNIT), [{ kind: "flush" }]);
    }),
    { seed, numRuns: 300 },
  );
});

seededTest("if nothing ever fails, the workload stays as it was", (seed) => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      let asked = 0;
      const never: FailurePredicate = () => {
        asked++;
        return undefined;
      };
      assertEquals(shrinkSteps(steps, never, UNIT), steps);
      assertEquals(asked, 1);
    }),
    { seed, numRuns: 50 },
  );
});

Deno.test("if everything fails, one flush is left", () => {
  const steps: Step[] = [
    { kind: "snapshot" },
    { kind: "discard", offsetBytes: 5 * UNIT, lengthBytes: 3 * UNIT },
  ];
  assertEquals(shrinkSteps(steps, always, UNIT), [{ kind: "flush" }]);
});

Deno.test("places and lengths become as small and round as the failure allows", () => {
  const fails: FailurePredicate = (steps) => {
    const isFar = (step: Step) =>
      "offsetBytes" in step && step.offsetBytes >= 3 * UNIT && step.lengthBytes > UNIT;
    return steps.some(isFar) ? { stepCount: steps.length } : undefined;
  };
  const steps: Step[] = [
    { kind: "write", offsetBytes: 0, lengthBytes: 512 },
    { kind: "discard", offsetBytes: 9 * UNIT + 77, lengthBytes: 5 * UNIT + 3 },
  ];
  assertEquals(shrinkSteps(steps, fails, UNIT), [
    { kind: "write", offsetBytes: 3 * UNIT, lengthBytes: 2 * UNIT },
  ]);
});

Deno.test("a step is left out for another one that changes", () => {
  // The second write is needed at 5 clusters, with the first one there, or at 0 alone.
  const at = (step: Step | undefined) => step && "offsetBytes" in step ? step.offsetBytes : -1;
  const fails: FailurePredicate = (steps) => {
    const isPair = steps.length === 2 && steps.every((step) => at(step) === 5 * UNIT);
    const isAlone = steps.length === 1 && at(steps[0]) === 0;
    return steps.every(({ kind }) => kind === "zero") && (isPair || isAlone)
      ? { stepCount: steps.length }
      : undefined;
  };
  const zero: Step = { kind: "zero", offsetBytes: 5 * UNIT, lengthBytes: 512 };
  assertEquals(shrinkSteps([zero, zero], fails, UNIT), [{ ...zero, offsetBytes: 0 }]);
});

Deno.test("one step that is longer does for two", () => {
  // Fails once two units have been written, in one go or in two.
  const fails: FailurePredicate = (steps) => {
    const bytes = steps.reduce(
      (sum, step) => sum + ("lengthBytes" in step ? step.lengthBytes : 0),
      0,
    );
    return bytes >= 2 * UNIT ? { stepCount: steps.length } : undefined;
  };
  const write = (offsetBytes: number): Step => ({ kind: "write", offsetBytes, lengthBytes: UNIT });
  assertEquals(shrinkSteps([write(0), write(UNIT)], fails, UNIT), [
    { kind: "write", offsetBytes: 0, lengthBytes: 2 * UNIT },
  ]);
});

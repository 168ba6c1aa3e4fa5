import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { RecordedChoices } from "../choices/choices.ts";
import { checkState, prepareContext } from "../reference/check_state.ts";
import { exploreLazily } from "../engine/lazy.ts";
import { MAPPING_BUGS } from "../testing/mapping_table.ts";
import { SECTORS, SURVIVABLE_PRESETS } from "../model/presets.ts";
import type { Recording, Step, Subject } from "../target/subject.ts";
import { violationKey, type ViolationKind } from "../result/violation.ts";
import { explain } from "./explain.ts";
import { shrinkState } from "./shrink_state.ts";
import { shrinkWorkload } from "./shrink_workload.ts";
import { MAPPING_STEPS, mappingSubject } from "./mapping_subject_testing.ts";

/** Tearing makes too many states of some workloads to look at all of them, as this test does. */
const PRESET = fc.constantFrom(...SURVIVABLE_PRESETS.filter(({ tears }) => !tears));
const MIN_FAILING = sized({ short: 1, long: 15 });

/** The kinds of violation in what a crash may make of some steps, by the exploration of everything. */
function kindsOf(recording: Recording, preset = SECTORS): ViolationKind[] {
  const { log, target, guestBytes } = recording;
  return exploreLazily(log, target, preset, { guestBytes }).violations.map(({ kind }) => kind);
}

seededTest("nothing of a shrunk case can be left out: no step, and nothing on the disk", (seed) => {
  let failing = 0;
  fc.assert(
    fc.property(MAPPING_STEPS, fc.constantFrom(...MAPPING_BUGS), PRESET, (steps, bug, preset) => {
      const subject = mappingSubject(bug);
      const [kind] = kindsOf(subject.record(steps), preset);
      if (!kind) return;
      failing++;
      const shrunk = shrinkWorkload(subject, steps, { preset, kind });
      assert(shrunk);
      assertEquals(shrunk.effort.cutShort, 0);
      shrunk.steps.forEach((_, i) => {
        const fewer = shrunk.steps.toSpliced(i, 1);
        assert(!kindsOf(subject.record(fewer), preset).includes(kind), `step ${i + 1} can go`);
      });
      const { log, target, guestBytes } = shrunk.recording;
      const context = prepareContext(log, target, preset, { guestBytes });
      const violation = shrinkState(context, shrunk.violation);
      const point = context.points.after(violation.crashAfterEvent);
      const shows = (choices: readonly number[]) =>
        checkState(context, point, point.build(new RecordedChoices(choices)))
          .some((each) => violationKey(each) === violationKey(violation));
      assert(shows(violation.choices));
      violation.choices.forEach((option, i) => {
        if (option > 0) assert(!shows(violation.choices.with(i, 0)), `choice ${i} can be durable`);
      });
      explain(context, violation, { guestBytes });
    }),
    { seed, numRuns: sized({ short: 30, long: 60 }) },
  );
  assert(failing >= MIN_FAILING, `${failing} cases fail`);
});

seededTest("shrinking the same twice gives the same", (seed) => {
  fc.assert(
    fc.property(MAPPING_STEPS, fc.constantFrom(...MAPPING_BUGS), (steps, bug) => {
      const subject = mappingSubject(bug);
      const [kind] = kindsOf(subject.record(steps));
      if (!kind) return;
      const [once, again] = [1, 2].map(() =>
        shrinkWorkload(subject, steps, { preset: SECTORS, kind })
      );
      assertEquals(once?.steps, again?.steps);
      assertEquals(once?.violation, again?.violation);
      assertEquals(once?.effort, again?.effort);
    }),
    { seed, numRuns: sized({ short: 5, long: 15 }) },
  );
});

const STEPS: readonly Step[] = [
  { kind: "write", offsetBytes: 0, lengthBytes: 512 },
  { kind: "write", offsetBytes: 512, lengthBytes: 512 },
  { kind: "flush" },
  { kind: "write", offsetBytes: 1024, lengthBytes: 512 },
];

Deno.test("a workload that shows nothing, or nothing of that kind, is not shrunk", () => {
  const options = { preset: SECTORS, kind: "wrong-data" } as const;
  assertEquals(shrinkWorkload(mappingSubject(), STEPS, options), undefined);
  assert(shrinkWorkload(mappingSubject("guest flush swallowed"), STEPS, options));
  assertEquals(
    shrinkWorkload(mappingSubject("guest flush swallowed"), STEPS, { ...options, kind: "leak" }),
    undefined,
  );
});

Deno.test("what the format refuses, or cannot do, counts as not failing", () => {
  const broken = mappingSubject("guest flush swallowed");
  const picky: Subject = {
    ...broken,
    record(steps) {
      if (steps.length < 3) throw new Error("too short");
      return broken.record(steps);
    },
  };
  const shrunk = shrinkWorkload(picky, STEPS, { preset: SECTORS, kind: "wrong-data" });
  assertEquals(shrunk?.steps.length, 3);
  assert(shrunk!.effort.refused > 0);
});

Deno.test("a search that is given up says so", () => {
  const options = { preset: SECTORS, kind: "wrong-data" } as const;
  const subject = mappingSubject("guest flush swallowed");
  const { recoveries } = shrinkWorkload(subject, STEPS, options)!.effort;
  assert(recoveries > 0);
  const shrunk = shrinkWorkload(subject, STEPS, { ...options, maxRecoveries: 3 });
  assertEquals(shrunk?.steps.length, 2);
  assert(shrunk!.effort.cutShort > 0);
});

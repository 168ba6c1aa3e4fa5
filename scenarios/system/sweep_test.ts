/** Generated workloads: all short ones, and random ones. */
import { assert, assertEquals } from "@std/assert";
import {
  allWorkloads,
  givenWorkload,
  randomWorkloads,
  SECTORS,
  SURVIVABLE_PRESETS,
  sweep,
  TORN_SECTOR,
  violationKey,
} from "../../harness/advanced.ts";
import { QEMU, RFC, STRICT } from "../../lib/mod.ts";
import { IS_LONG, sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import type { DetectableMutant } from "../qed/mutants/mutant.ts";
import { MUTANTS } from "../qed/mutants/mutants.ts";
import { CLUSTER, PER_L2_TABLE } from "../qed/sizes.ts";
import { qedSweep, type QedSweepOptions } from "../qed/qed_sweep.ts";

const VARIANTS: readonly Omit<QedSweepOptions, "profile">[] = [
  {},
  { backing: "short" },
  { layout: "rfc" },
  { layout: "rfc", backing: "short" },
];
/** Takes more time for each workload, because of the long backing file. */
const OVER_MORE: Omit<QedSweepOptions, "profile"> = { backing: "long" };
/** Random workloads of each variant, for each seed. */
const RANDOM_WORKLOADS = sized({ short: 15, long: 80 });
/** Steps of the workloads that are all tried: one on most variants of the short suite, else two. */
const stepsOn = (variant: typeof VARIANTS[number]) =>
  variant === VARIANTS[0] ? 2 : sized({ short: 1, long: 2 });
/** How many workloads there are of at most so many steps. */
const COUNTS = [0, 19, 19 + 417];

function nameOf({ layout = "final", backing }: Omit<QedSweepOptions, "profile">): string {
  return `${layout} layout${backing ? `, ${backing} backing file` : ""}`;
}

for (const variant of VARIANTS) {
  const steps = stepsOn(variant);
  Deno.test(`strict survives every crash of every workload of ${steps} step(s): ${nameOf(variant)}`, () => {
    const { subject, shape } = qedSweep({ ...variant, profile: STRICT });
    const presets = steps > 1 && !IS_LONG ? [SECTORS] : [SECTORS, TORN_SECTOR];
    const { findings, coverage } = sweep(subject, allWorkloads(shape, steps), { presets });
    assertEquals(findings, []);
    assertEquals([coverage.workloads, coverage.stopped], [COUNTS[steps], undefined]);
  });

  seededTest(`strict survives every crash of random workloads: ${nameOf(variant)}`, (seed) => {
    const { subject, shape } = qedSweep({ ...variant, profile: STRICT });
    const options = { seed, count: RANDOM_WORKLOADS, maxSteps: 8, swarm: true };
    const { findings } = sweep(subject, randomWorkloads(shape, options), { presets: [SECTORS] });
    assertEquals(findings, []);
  });
}

Deno.test("strict survives every crash of every step over a backing file longer than the disk", () => {
  const { subject, shape } = qedSweep({ ...OVER_MORE, profile: STRICT });
  const presets = SURVIVABLE_PRESETS;
  assertEquals(sweep(subject, allWorkloads(shape, 1), { presets }).findings, []);
});

Deno.test("workloads of one step find the bugs that the reviewers of the patch predicted", () => {
  const kindsOf = (options: QedSweepOptions, length = 1) => {
    const { subject, shape } = qedSweep(options);
    return sweep(subject, allWorkloads(shape, length), {
      presets: [SECTORS],
      continueAfterFailure: true,
    })
      .findings
      .map((finding) => finding.kind === "crash" ? finding.violation.kind : finding.kind).sort();
  };
  assertEquals(kindsOf({ profile: RFC }), ["aliasing", "inconsistent"]);
  assertEquals(kindsOf({ profile: RFC, backing: "short" }), [
    "aliasing",
    "inconsistent",
    "wrong-data",
  ]);
  assertEquals(kindsOf({ profile: QEMU }), ["aliasing", "inconsistent", "unusable"]);
  // The guest zeroes a range that hides the backing file, then writes a part of it.
  assertEquals(kindsOf({ profile: QEMU, backing: "short" }), []);
  assertEquals(kindsOf({ profile: QEMU, backing: "short" }, 2), ["wrong-data"]);
});

Deno.test("a sector torn between two versions may hold data that the guest has yet to write", () => {
  // The end of the sector becomes zeroes again, as a tear of the first write leaves it.
  const steps = [
    { kind: "write", offsetBytes: PER_L2_TABLE - CLUSTER, lengthBytes: CLUSTER },
    { kind: "zero", offsetBytes: PER_L2_TABLE - 112, lengthBytes: 212 },
  ] as const;
  const { subject } = qedSweep({ profile: STRICT });
  const { verdict } = sweep(subject, givenWorkload(steps), { presets: [TORN_SECTOR] });
  assertEquals(verdict, "clean");
});

/** Mutants of many kinds, and the image that shows them. */
const DETECTED: readonly [name: string, variant: Omit<QedSweepOptions, "profile">][] = [
  ["the guest's flush swallowed", {}],
  ["no flush between NEED_CHECK and the allocation", {}],
  ["no flush between data and L2 entry", { backing: "short" }],
  ["no flush between new L2 table and L1 entry", { layout: "rfc" }],
  ["no flush before NEED_CHECK is cleared at close", {}],
  ["a freed cluster unallocated over a backing file", { backing: "short" }],
  ["L2 entry never written", {}],
  ["no flush between what is behind the end and the new size", OVER_MORE],
  ["no flush between the copied last cluster and its entry", OVER_MORE],
  ["of a new L2 table only the first sector written", { backing: "short" }],
];

for (const [name, variant] of DETECTED) {
  Deno.test(`a generated workload detects: ${name}`, () => {
    const { profile = STRICT, filter } = mutantNamed(name);
    assert(filter);
    const { subject, shape } = qedSweep({ ...variant, profile, filters: () => [filter()] });
    const { verdict, findings } = sweep(subject, allWorkloads(shape, 3), { presets: [SECTORS] });
    assertEquals(verdict, "violation");
    const [{ words, ...finding }] = findings;
    const what = finding.kind === "crash" ? violationKey(finding.violation) : finding.kind;
    console.log(`${words.join("; ")}: ${what}`);
  });
}

function mutantNamed(name: string): DetectableMutant {
  const mutant = MUTANTS.find((each) => each.name === name);
  assert(mutant, `no mutant "${name}"`);
  return mutant;
}

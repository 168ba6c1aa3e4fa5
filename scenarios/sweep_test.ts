/** Workloads that nobody thought of: all short ones, and random ones. */
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
} from "../harness/mod.ts";
import { QEMU, RFC, STRICT } from "../lib/mod.ts";
import { seededTest } from "../lib/testing/seeds_testing.ts";
import { PLANTED_BUGS, type PlantedBug } from "./planted_bugs_testing.ts";
import { CLUSTER, PER_L2_TABLE } from "./support/sizes.ts";
import { qedSweep, type QedSweepOptions } from "./support/qed_sweep.ts";

const VARIANTS: readonly Omit<QedSweepOptions, "profile">[] = [
  {},
  { hasBacking: true },
  { layout: "rfc" },
  { layout: "rfc", hasBacking: true },
];
/** Random workloads of each variant, for each seed. */
const RANDOM_WORKLOADS = 150;

function nameOf({ layout = "final", hasBacking }: Omit<QedSweepOptions, "profile">): string {
  return `${layout} layout${hasBacking ? ", backing file" : ""}`;
}

for (const variant of VARIANTS) {
  Deno.test(`strict survives every crash of every workload of two steps: ${nameOf(variant)}`, () => {
    const { subject, shape } = qedSweep({ ...variant, profile: STRICT });
    const presets = SURVIVABLE_PRESETS;
    const { findings, coverage } = sweep(subject, allWorkloads(shape, 2), { presets });
    assertEquals(findings, []);
    assertEquals([coverage.workloads, coverage.stopped], [19 + 417, undefined]);
  });

  seededTest(`strict survives every crash of random workloads: ${nameOf(variant)}`, (seed) => {
    const { subject, shape } = qedSweep({ ...variant, profile: STRICT });
    const options = { seed, count: RANDOM_WORKLOADS, mostSteps: 8, swarm: true };
    const { findings } = sweep(subject, randomWorkloads(shape, options), { presets: [SECTORS] });
    assertEquals(findings, []);
  });
}

Deno.test("what the reviewers of the patch predicted is found by workloads of two steps", () => {
  const kindsOf = (options: QedSweepOptions) => {
    const { subject, shape } = qedSweep(options);
    return sweep(subject, allWorkloads(shape, 2), { presets: [SECTORS], goesOn: true }).findings
      .map((finding) => finding.kind === "crash" ? finding.violation.kind : finding.kind).sort();
  };
  assertEquals(kindsOf({ profile: RFC }), ["changes-later", "inconsistent"]);
  assertEquals(kindsOf({ profile: RFC, hasBacking: true }), [
    "changes-later",
    "inconsistent",
    "wrong-data",
  ]);
  assertEquals(kindsOf({ profile: QEMU }), ["cannot-use", "changes-later", "inconsistent"]);
  assertEquals(kindsOf({ profile: QEMU, hasBacking: true }), ["wrong-data"]);
});

Deno.test("a sector torn of two versions may hold what the guest is only about to write", () => {
  // The end of the sector becomes zeroes again, which is what a tear of the first write leaves too.
  const steps = [
    { kind: "write", offsetBytes: PER_L2_TABLE - CLUSTER, lengthBytes: CLUSTER },
    { kind: "zero", offsetBytes: PER_L2_TABLE - 112, lengthBytes: 212 },
  ] as const;
  const { subject } = qedSweep({ profile: STRICT });
  const { verdict } = sweep(subject, givenWorkload(steps), { presets: [TORN_SECTOR] });
  assertEquals(verdict, "clean");
});

/** Planted bugs of many kinds, and over which image they show. */
const PLANTED: readonly [name: string, variant: Omit<QedSweepOptions, "profile">][] = [
  ["the guest's flush swallowed", {}],
  ["no flush between NEED_CHECK and the allocation", {}],
  ["no flush between data and L2 entry", { hasBacking: true }],
  ["no flush between new L2 table and L1 entry", { layout: "rfc" }],
  ["no flush before NEED_CHECK is cleared at close", {}],
  ["a freed cluster unallocated over a backing file", { hasBacking: true }],
  ["L2 entry never written", {}],
  ["of a new L2 table only the first sector written", { hasBacking: true }],
];

for (const [name, variant] of PLANTED) {
  Deno.test(`planted, and found by a workload that nobody wrote: ${name}`, () => {
    const { profile = STRICT, plant } = bugNamed(name);
    assert(plant);
    const { subject, shape } = qedSweep({ ...variant, profile, filters: () => [plant()] });
    const { verdict, findings } = sweep(subject, allWorkloads(shape, 3), { presets: [SECTORS] });
    assertEquals(verdict, "violation");
    const [{ words, ...finding }] = findings;
    const what = finding.kind === "crash" ? violationKey(finding.violation) : finding.kind;
    console.log(`${words.join("; ")}: ${what}`);
  });
}

function bugNamed(name: string): PlantedBug {
  const bug = PLANTED_BUGS.find((each) => each.name === name);
  assert(bug, `no planted bug "${name}"`);
  return bug;
}

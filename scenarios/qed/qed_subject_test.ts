import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { exploreLazily, SECTORS, type Step, violationKey } from "../../harness/advanced.ts";
import { ImageError, RFC, STRICT } from "../../lib/mod.ts";
import { qedSubject, type QedSubjectOptions } from "./qed_subject.ts";
import { CLUSTER, PER_L2_TABLE } from "./sizes.ts";
import { skipFlushes } from "./mutants/request_filters.ts";
import { patternBytes } from "./pattern_bytes.ts";
import { write } from "./workload.ts";

const DISK = PER_L2_TABLE + 2 * CLUSTER + 512;
const OPTIONS: QedSubjectOptions = {
  profile: STRICT,
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER)],
  postRecoveryWrites: [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }],
};
const BACKING = patternBytes(7, 0, PER_L2_TABLE + 3 * CLUSTER);

const flush: Step = { kind: "flush" };
const snapshot: Step = { kind: "snapshot" };
const reopen: Step = { kind: "reopen" };

function step(kind: "write" | "zero" | "discard", offsetBytes: number, lengthBytes: number): Step {
  return { kind, offsetBytes, lengthBytes };
}

function explore(steps: readonly Step[], options: Partial<QedSubjectOptions> = {}) {
  const { log, target, guestBytes } = qedSubject({ ...OPTIONS, ...options }).record(steps);
  return exploreLazily(log, target, SECTORS, { guestBytes });
}

/** Writes, unmaps and grows before and after each snapshot. */
const SNAPSHOTS: readonly Step[] = [
  step("write", 3 * CLUSTER, CLUSTER),
  step("write", DISK - 512, 512),
  snapshot,
  step("discard", 3 * CLUSTER, CLUSTER),
  step("write", 512, 512),
  reopen,
  snapshot,
  { kind: "grow", sizeBytes: DISK + CLUSTER },
  step("write", 3 * CLUSTER + 512, 512),
  step("discard", 0, CLUSTER),
  flush,
  step("write", DISK, 512),
];

for (const backing of [undefined, BACKING]) {
  const over = backing ? "over a raw backing file" : "without a backing file";
  Deno.test(`snapshots under strict survive every crash state ${over}`, () => {
    const { violations, states } = explore(SNAPSHOTS, backing && { backing });
    assertEquals(violations.map(violationKey), []);
    assertGreater(states.log2, 3);
  });
}

Deno.test("a violation after a snapshot is found", () => {
  const { violations } = explore([...SNAPSHOTS, step("write", 9 * CLUSTER, 512)], { profile: RFC });
  assertGreater(violations.length, 0);
  const filters = () => [skipFlushes("data before L2 entry")];
  const steps = [
    step("write", 3 * CLUSTER, CLUSTER),
    snapshot,
    step("write", 512, 512),
    step("write", 3 * CLUSTER + 512, 512),
  ];
  assertEquals(explore(steps).violations, []);
  const kinds = explore(steps, { filters }).violations.map(({ kind }) => kind);
  assertEquals(kinds.includes("wrong-data"), true);
});

Deno.test("each file gets fresh filters", () => {
  let made = 0;
  const filters = () => {
    made++;
    return [];
  };
  qedSubject({ ...OPTIONS, filters }).record([snapshot, snapshot]);
  assertEquals(made, 3);
});

Deno.test("each step knows where in the log it began; a snapshot restarts the log", () => {
  const subject = qedSubject(OPTIONS);
  const begins = (steps: readonly Step[]) => {
    const { log, stepStarts } = subject.record(steps);
    return stepStarts.map((start) => log.events[start]?.kind);
  };
  assertEquals(begins([step("write", 0, 512), flush, step("zero", 0, CLUSTER)]), [
    "guest-write-begun",
    "guest-flush-begun",
    "space-given-up",
  ]);
  assertEquals(subject.record([flush, flush, snapshot, flush]).stepStarts, [0, 0, 0, 0]);
});

Deno.test("the same steps give the same log, and a refusal differs from a bug", () => {
  const subject = qedSubject(OPTIONS);
  assertEquals(subject.record(SNAPSHOTS).log.events, subject.record(SNAPSHOTS).log.events);
  const error = assertThrows(() => subject.record([step("write", DISK, 512)]), ImageError);
  assertEquals(subject.refusal?.(error)?.subject, error.message);
  assertEquals(subject.refusal?.(new TypeError("bug")), undefined);
});

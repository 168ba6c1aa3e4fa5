/**
 * The `qemu` profile issues what QEMU's driver issues: the same writes with the same contents, and
 * the same flushes, in the same order, for the same guest writes.
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type OrderingProfile, QEMU, STRICT } from "../../../lib/mod.ts";
import { type BackingPlan, backingPlans, makeBacking } from "./backing_testing.ts";
import { commandOf, type GuestStep, recordHere } from "./guest_steps_testing.ts";
import { sized } from "../../../test_support/long.ts";
import { qemuTest, runToolOk, seededQemuTest } from "../../../test_support/qemu.ts";
import {
  bytesPerL2Table,
  type ImageShape,
  imageShapes,
  rangeOn,
  type RangePick,
  rangePicks,
} from "../../../test_support/random_images.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { describeRecorded, recordQemu, withoutIdleFlushes } from "./write_log_testing.ts";

interface Session {
  readonly shape: ImageShape;
  readonly backing?: BackingPlan;
  /** qemu-io commands that come before the recording. */
  readonly before: readonly string[];
  readonly steps: readonly GuestStep[];
}

async function prepare(dir: string, session: Session): Promise<void> {
  const { shape, before } = session;
  const backing = session.backing && makeBacking(dir, { plan: session.backing, shape });
  await runToolOk("qemu-img", [
    ...["create", "-q", "-f", "qed"],
    ...["-o", `cluster_size=${shape.clusterBytes},table_size=${shape.tableClusters}`],
    ...(backing ? ["-b", backing.name, "-F", backing.format] : []),
    ...["image.qed", `${shape.imageBytes}`],
  ], { cwd: dir });
  if (before.length === 0) return;
  const args = before.flatMap((command) => ["-c", command]);
  await runToolOk("qemu-io", ["-f", "qed", ...args, "image.qed"], { cwd: dir });
}

interface BothLogs {
  readonly theirs: string[];
  readonly ours: string[];
}

function recordBoth(session: Session, profile: OrderingProfile): Promise<BothLogs> {
  return inTempDir(async (dir) => {
    await prepare(dir, session);
    const before = Deno.readFileSync(`${dir}/image.qed`);
    const theirs = await recordQemu(dir, session.steps.map(commandOf));
    const ours = recordHere(dir, { before, steps: session.steps, profile });
    return {
      theirs: describeRecorded(theirs),
      ours: describeRecorded(withoutIdleFlushes(ours)),
    };
  });
}

async function assertSameOrder(session: Session): Promise<string[]> {
  const { theirs, ours } = await recordBoth(session, QEMU);
  assertEquals(ours, theirs);
  return theirs;
}

const KIB = 1024;
const SMALL: ImageShape = { clusterBytes: 4096, tableClusters: 2, imageBytes: 10 * KIB * KIB };
const write = (offset: number, length: number, value = 0xa1): GuestStep => ({
  kind: "write",
  offset,
  length,
  value,
});
const RAW: BackingPlan = {
  kind: "raw",
  size: 100,
  oddBytes: 77,
  writes: [{
    pick: { near: "start", place: 0, shift: 0, length: 700, unit: "byte", odd: 1 },
    value: 3,
  }],
};
const perTable = bytesPerL2Table(SMALL);

/** What each case is there for must be in QEMU's log, so that it proves what it says. */
const CASES: [string, Session, (lines: string[]) => boolean][] = [
  [
    "a first allocation: header, fill, data, table, flush, L1",
    { shape: SMALL, before: [], steps: [write(512, 512)] },
    (lines) => lines.length === 10,
  ],
  [
    "a later allocation beside it, and another one in place",
    { shape: SMALL, before: [], steps: [write(0, 4096), write(8192, 512), write(0, 512, 7)] },
    (lines) => lines.length === 12,
  ],
  [
    "several clusters at once, cut at both ends",
    { shape: SMALL, before: [], steps: [write(512, 5 * 4096)] },
    (lines) => lines.some((line) => line.includes("+20480: ")),
  ],
  [
    "a write across two L2 tables",
    { shape: SMALL, before: [], steps: [write(perTable - 4608, 9216)] },
    (lines) => lines.filter((line) => line.includes("+8192: ")).length === 2,
  ],
  [
    "allocated, unallocated and zero clusters in one write",
    {
      shape: SMALL,
      before: ["write 4k 4k", "write -z 8k 8k", "write 20k 4k"],
      steps: [write(512, 7 * 4096)],
    },
    (lines) => lines.length > 10,
  ],
  [
    "guest flushes, also with nothing to flush",
    {
      shape: SMALL,
      before: [],
      steps: [
        { kind: "flush" },
        write(0, 512),
        { kind: "flush" },
        { kind: "flush" },
        write(0, 512),
        { kind: "flush" },
      ],
    },
    (lines) => lines.filter((line) => line === "flush").length === 4,
  ],
  [
    "nothing at all",
    { shape: SMALL, before: ["write 0 4k"], steps: [] },
    (lines) => lines.length === 0,
  ],
  [
    "a backing file: copied surroundings, a flush before each entry, no NEED_CHECK",
    { shape: SMALL, backing: RAW, before: [], steps: [write(512, 512), write(10240, 512)] },
    (lines) => lines.filter((line) => line === "flush").length === 4,
  ],
  [
    "a zero cluster over a backing file is filled up from the backing file",
    { shape: SMALL, backing: RAW, before: ["write -z 0 8k"], steps: [write(4096, 512)] },
    (lines) => !/write \d+\+3584: 0x3584/.test(lines.join("\n")),
  ],
];

for (const [name, session, provesIt] of CASES) {
  qemuTest(`qemu profile against qemu-io: ${name}`, async () => {
    const lines = await assertSameOrder(session);
    assertEquals(provesIt(lines), true, lines.join("\n"));
  });
}

qemuTest("strict is not QEMU's order: the comparison detects it", async () => {
  const session = { shape: SMALL, before: [], steps: [write(0, 4096)] };
  const { theirs, ours } = await recordBoth(session, STRICT);
  assertEquals(ours[1], "flush");
  assertEquals(theirs[1].startsWith("write"), true);
});

const picks = rangePicks(["sector", "sector", "cluster"]);

interface Plan {
  readonly shape: ImageShape;
  readonly backing: BackingPlan;
  readonly before: readonly { pick: RangePick; zero: boolean }[];
  readonly steps: readonly ({ pick: RangePick; value: number } | "flush")[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  shape: imageShapes.filter((shape) => shape.clusterBytes <= 65536),
  backing: backingPlans.map((plan) => plan.kind === "none" ? plan : { ...plan, kind: "raw" }),
  before: fc.array(fc.record({ pick: picks, zero: fc.boolean() }), { maxLength: 4 }),
  steps: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ pick: picks, value: fc.nat(255) }) },
      { weight: 1, arbitrary: fc.constant("flush" as const) },
    ),
    { minLength: 1, maxLength: 10 },
  ),
});

function sessionOf({ shape, backing, before, steps }: Plan): Session {
  return {
    shape,
    backing,
    before: before.map(({ pick, zero }) => {
      const { offsetBytes, lengthBytes } = rangeOn(shape, pick);
      return `write ${zero ? "-z" : "-P 9"} ${offsetBytes} ${lengthBytes}`;
    }),
    steps: steps.map((step) => {
      if (step === "flush") return { kind: "flush" };
      const { offsetBytes, lengthBytes } = rangeOn(shape, step.pick);
      return write(offsetBytes, lengthBytes, step.value);
    }),
  };
}

seededQemuTest("qemu profile against qemu-io: random guest writes", async (seed) => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      await assertSameOrder(sessionOf(plan));
    }),
    { seed, numRuns: sized({ short: 12, long: 70 }) },
  );
});

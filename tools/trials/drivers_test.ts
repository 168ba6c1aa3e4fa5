import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { WRITES } from "../../harness/advanced.ts";
import { IS_LONG, sized } from "../../test_support/long.ts";
import { qemuDirTest, qemuTest } from "../../test_support/qemu.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { writeFinding } from "./finding_folder.ts";
import { type DriverFormat, FORMATS } from "./formats.ts";
import { qemuVersion } from "./qemu_img.ts";
import { QemuToolError } from "./qemu_tool_error.ts";
import { recordDriver } from "./record.ts";
import { runDrivers } from "./run_drivers.ts";
import { findingsOf, trialJson } from "./scorecard.ts";
import { type TrialResult, tryDriver } from "./trial.ts";
import { WORKLOADS } from "./workloads.ts";

const PROCESSES = 2;

function formatOf(name: string): DriverFormat {
  return FORMATS.find((format) => format.name === name)!;
}

function tryAll(...names: string[]) {
  return runDrivers({ formats: names.map(formatOf), preset: WRITES, processes: PROCESSES });
}

const tried = new Map<string, ReturnType<typeof tryAll>>();

/** The same, from what an earlier test tried if it can. */
function tryOnce(...names: string[]): ReturnType<typeof tryAll> {
  const key = names.join();
  const trials = tried.get(key) ?? tryAll(...names);
  tried.set(key, trials);
  return trials;
}

/** The classes that show, over all workloads. */
function classesOf(trials: readonly TrialResult[]): string[] {
  return [...new Set(trials.flatMap(({ classes }) => classes.map(({ kind }) => kind)))].sort();
}

qemuTest("what writes in place survives every crash", async () => {
  const { trials, refused } = await tryAll(
    ...sized({ short: ["raw"], long: ["raw", "vdi-static", "vpc-fixed"] }),
  );
  assertEquals([classesOf(trials), refused], [[], []]);
  for (const { recording } of trials) assertGreater(recording.writes, 0);
});

qemuTest(
  "QEMU 7.2's allocating drivers are found out, and qcow2 with small clusters is not",
  async () => {
    const names = sized({ short: ["qed"], long: ["qcow2-4k", "qed", "vdi"] });
    const { trials } = await tryOnce(...names);
    const of = (name: string) =>
      classesOf(trials.filter(({ recording }) => recording.format.name === name));
    assertEquals(of("qcow2-4k"), sized({ short: [], long: ["leak"] }));
    assertEquals(of("vdi").includes("aliasing"), IS_LONG);
    if ((await qemuVersion()).startsWith("7.2.")) assert(of("qed").includes("corrupt"));
  },
);

qemuTest("for each state of QED the two checkers agree", async () => {
  const { trials } = await tryOnce("qed");
  assertEquals(trials.flatMap(({ disagreements }) => disagreements), []);
});

qemuTest("a trial comes to the same result again", async () => {
  const names = sized({ short: ["qed"], long: ["qed", "vmdk"] });
  const [first, again] = [await tryOnce(...names), await tryAll(...names)];
  assertEquals(first.trials.map(trialJson), again.trials.map(trialJson));
});

qemuDirTest(
  "injected: a driver that swallows the guest's flushes loses flushed data",
  async (dir) => {
    const recording = await recordDriver(formatOf("raw"), WORKLOADS[0], dir);
    const flushes = new Set(["flush-issued", "flush-completed"]);
    const isKept = recording.log.events.map(({ kind }) => !flushes.has(kind));
    const events = recording.log.events.filter((_, at) => isKept[at]);
    const entryOfEvent = recording.entryOfEvent.filter((_, at) => isKept[at]);
    const swallowed = { ...recording, entryOfEvent, log: { ...recording.log, events } };
    const options = { preset: WRITES, folder: dir, processes: PROCESSES };
    const { classes } = await tryDriver(swallowed, options);
    assertEquals(classes.map(({ kind }) => kind), ["flushed-data-lost"]);
  },
);

qemuTest("each finding's script shows it with QEMU's tools alone", () =>
  inTempDir(async (dir) => {
    const { trials } = await tryOnce(...sized({ short: ["qed"], long: ["vdi", "vmdk"] }));
    const version = await qemuVersion();
    const found = trials.flatMap((trial) => findingsOf(trial).map((each) => ({ trial, each })));
    assertGreater(found.length, sized({ short: 0, long: 3 }));
    for (const { trial, each } of found) {
      const { script } = writeFinding(dir, trial, each, version);
      const { code, stdout } = await new Deno.Command("sh", { args: [script] }).output();
      assertEquals(code, 0, new TextDecoder().decode(stdout));
    }
  }));

qemuDirTest("a format that can't be created is refused with QEMU's reason", async (dir) => {
  const format = { ...formatOf("qed"), createOptions: ["cluster_size=3k"] };
  await assertRejects(() => recordDriver(format, WORKLOADS[0], dir), QemuToolError, "can't create");
});

qemuTest("a format that is refused does not keep others from being tried", async () => {
  const broken = { ...formatOf("qed"), name: "broken", createOptions: ["cluster_size=3k"] };
  const options = { preset: WRITES, processes: PROCESSES };
  const { trials, refused } = await runDrivers({ formats: [broken, formatOf("raw")], ...options });
  assertEquals(refused.map(({ format }) => format), ["broken"]);
  assertGreater(trials.length, 0);
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { loadCorpus } from "./corpus.ts";
import { formatCase } from "./fuzz_case.ts";
import { makeCase } from "./generate.ts";
import { runCaptured, type RunOptions, type RunResult } from "../kit/captured_io.ts";
import { runProgram } from "../kit/run_program.ts";
import { fuzzWith } from "./main.ts";
import { tokenOf } from "./token.ts";

/** Run the program in this process; its clock advances by a second for each look at it. */
function fuzz(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  let milliseconds = 0;
  const command = fuzzWith(() => "fresh");
  return runCaptured((io) => runProgram(command, args, io), {
    now: () => milliseconds += 1000,
    ...options,
  });
}

Deno.test("wrong usage ends with 2 and says what is wrong", async () => {
  const wrong: readonly (readonly [args: string[], message: string])[] = [
    [["--frobnicate"], "unknown option '--frobnicate'"],
    [["image.qed"], "unexpected operand 'image.qed'"],
    [["--seconds", "soon"], "--seconds must be a whole number from 0 to 999999999, not 'soon'"],
    [["--cases=-1"], "--cases must be a whole number from 0 to 999999999, not '-1'"],
    [["--seed", "a:b"], "--seed"],
    [["--seed", ""], "--seed needs a value"],
    [["--mode", "destroy"], "--mode must be cases or repair"],
    [["--replay", "nothing"], "'nothing' is no token"],
    [["--replay", "a:1:00000000"], "has changed"],
    [["--replay", "corpus:nothing"], "unknown case"],
    [["--replay", "nowhere/smallest.case"], "nowhere/smallest.case"],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await fuzz(["--no-qemu", ...args]);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assert(stderr.includes(message), stderr);
  }
});

Deno.test("help is printed when asked for", async () => {
  const { code, stdout } = await fuzz(["--help"]);
  assertEquals(code, 0);
  for (const option of ["--seconds", "--seed", "--cases", "--replay", "--out", "--no-qemu"]) {
    assert(stdout.includes(option), option);
  }
});

Deno.test("a run is the same again with the same seed, but for the time it took", async () => {
  const args = ["--no-qemu", "--cases", "30", "--seed", "same", "--json"];
  const [a, b] = [await fuzz(args), await fuzz(args)];
  assertEquals(a, b);
  const { casesHere, casesCompared, findings, seed, qemu } = JSON.parse(a.stdout);
  assertEquals([a.code, casesCompared, findings, seed, qemu], [0, 0, [], "same", null]);
  assertEquals(casesHere, 30 + loadCorpus().length);
});

Deno.test("it stops when the time is up, and at a signal", async () => {
  const timed = await fuzz(["--no-qemu", "--seconds", "20", "--json"]);
  const { casesHere, seed } = JSON.parse(timed.stdout);
  assert(casesHere < 40, timed.stdout);
  assertEquals(seed, "fresh");
  let turns = 0;
  const onTurn = (signal: () => void) => ++turns === 3 ? signal() : undefined;
  const stopped = await fuzz(["--no-qemu", "--cases", "500"], { onTurn });
  assertEquals(stopped.code, 0);
  assertMatch(stopped.stdout, /3 cases here.*\nseed fresh; NOT COMPARED WITH QEMU\nno findings\n/);
});

Deno.test("progress is shown on a terminal only, and cleared", async () => {
  const args = ["--no-qemu", "--seconds", "4"];
  assertEquals((await fuzz(args)).stderr, "");
  const { stderr } = await fuzz(args, { isTerminal: { stderr: true } });
  assertMatch(stderr.replaceAll("\x1b[K", "<clear>"), /\d+ s: .* cases.*<clear>\r<clear>$/);
});

Deno.test("a case can be replayed by token, by name and from its file", () =>
  inTempDir(async (dir) => {
    const source = { seed: "replay", corpus: loadCorpus() };
    const one = makeCase(source, 5);
    Deno.writeTextFileSync(`${dir}/one.case`, formatCase(one));
    const token = tokenOf(source.seed, 5, one);
    for (const what of [token, `${dir}/one.case`, "corpus:empty-file", "repair:a:3"]) {
      const { code, stdout } = await fuzz(["--no-qemu", "--json", "--replay", what]);
      assertEquals([code, JSON.parse(stdout).casesHere], [0, 1], what);
    }
  }));

Deno.test("damaged images are repaired and counted", async () => {
  const args = ["--no-qemu", "--mode", "repair", "--cases", "20", "--seed", "a"];
  const { code, stdout } = await fuzz(args);
  assertEquals(code, 0);
  assertMatch(stdout, /^20 images, \d+ of them damaged/);
  assertEquals(JSON.parse((await fuzz([...args, "--json"])).stdout).images, 20);
});

Deno.test("without qemu-img the program says so loudly", async () => {
  const path = new URL("../powercut.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--frozen", path, "fuzz", "--cases", "1", "--seed", "a"],
    env: { PATH: "/nonexistent", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  assertEquals(code, 0, complaint);
  assert(complaint.includes("QEMU-IMG IS MISSING"), complaint);
});

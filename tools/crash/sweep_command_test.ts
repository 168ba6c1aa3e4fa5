import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "./run_crash_testing.ts";

Deno.test("crash sweep says how much it covered, and exits 0 if nothing was found", async () => {
  const { code, stdout } = await crash("sweep", "--length", "1", "--preset", "survivable");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "qed (strict) under ordered, writes, sectors");
  assertStringIncludes(
    stdout,
    "exhaustive up to length 1 over 23 operations: 19 workloads",
  );
});

Deno.test("crash sweep shows what it found, and how to see it again", async () => {
  const args = ["--profile", "rfc", "--layout=rfc", "--backing", "--no-save"];
  const { code, stdout } = await crash("sweep", ...args);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "  1. write, part of a free unit\n  wrong-data: guest sector ");
  assertStringIncludes(stdout, "stopped by the first finding");
  const again = /powercut crash (sweep .*) --steps '(.*)'/.exec(stdout);
  assert(again);
  const replayed = await crash(...again[1].split(" "), "--steps", again[2], "--no-save");
  assertEquals(replayed.code, 1);
  assertStringIncludes(replayed.stdout, "wrong-data: guest sector ");
  assertStringIncludes(replayed.stdout, "one given workload");
  const strict = again[1].replace("--profile rfc", "--profile strict").split(" ");
  assertEquals((await crash(...strict, "--steps", again[2])).code, 0);
});

Deno.test("crash sweep prints JSON: the same for the same seed", async () => {
  const args = ["sweep", "--random", "20", "--seed", "3", "--swarm", "--profile", "qemu", "--all"];
  const run = async () => {
    const { code, stdout } = await crash(...args, "--json");
    assertEquals(code, 1);
    const { seconds, ...rest } = JSON.parse(stdout);
    assertEquals(typeof seconds, "number");
    return rest;
  };
  const result = await run();
  assertEquals(result, await run());
  assertEquals(result.coverage, {
    origin: { kind: "random", seed: 3, maxSteps: 8, swarm: true },
    workloads: 20,
  });
});

Deno.test("crash sweep stops at the workload limit, and says so", async () => {
  const { code, stdout } = await crash("sweep", "--max-workloads", "30");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "30 of 9476 workloads, stopped by the workload budget");
});

Deno.test("crash sweep refuses what makes no sense with exit code 2", async () => {
  const cases: [string[], string][] = [
    [["--target", "qcow2"], "unknown target 'qcow2': one of qed, kv"],
    [["--target", "kv", "--profile", "rfc"], "--profile cannot be combined with --target kv"],
    [["--target", "kv", "--backing"], "--backing cannot be combined with --target kv"],
    [["--layout", "x"], "unknown layout 'x'"],
    [["--preset", "sectors,lunar"], "unknown preset 'lunar'"],
    [["--length", "0"], "--length must be a whole number from 1 to 64, not '0'"],
    [["--length", "65"], "--length must be a whole number from 1 to 64, not '65'"],
    [["--depth", "9"], "--depth must be a whole number from 1 to 8, not '9'"],
    [["--random", "many"], "--random must be a whole number"],
    [["--seed", "1"], "--seed needs --random K"],
    [["--swarm"], "--swarm needs --random K"],
    [["--engine", "lazy"], "unknown option '--engine'"],
    [["more"], "unexpected operand 'more'"],
    [["--steps", "[", "--json"], "--steps: "],
    [["--steps", "[]"], "at least one step"],
    [["--steps", "[null]"], "--steps: [0] is null: must be an object"],
    [["--steps", '[{"kind":"fly"}]'], '[0].kind is "fly": must be one of write, zero,'],
    [["--steps", '[{"kind":"grow"}]'], "[0].sizeBytes is missing"],
    [["--steps", '[{"kind":"write","offsetBytes":0}]'], "[0].lengthBytes is missing"],
    [["--steps", '[{"kind":"close"},{"kind":"flush"}]'], "must have nothing after a close"],
    [
      ["--steps", '[{"kind":"flush"}]', "--length", "2"],
      "--steps cannot be combined with --length",
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await crash("sweep", ...args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(stderr, message);
  }
});

Deno.test("crash sweep runs a format that has nothing to do with QED", async () => {
  const { code, stdout } = await crash(
    ...["sweep", "--target", "kv", "--preset", "lying-flush", "--no-save"],
  );
  assertEquals(code, 1);
  assertStringIncludes(stdout, "command: powercut crash sweep --target kv --preset lying-flush");
  assertEquals((await crash("sweep", "--target", "kv")).code, 0);
});

Deno.test("what a sweep finds is saved as a file that is replayed and shrunk", () =>
  inTempDir(async (folder) => {
    for (const target of [["--profile", "rfc", "--long-backing"], ["--target", "kv"]]) {
      const args = ["sweep", ...target, "--preset", "lying-flush", "--save", folder];
      const { stdout } = await crash(...args);
      const path = /powercut crash shrink (\S+)/.exec(stdout)![1];
      assertEquals((await crash("replay", path)).code, 1);
      assertEquals((await crash("shrink", path, "--no-save")).code, 1);
    }
    const inJson = await crash("sweep", "--profile", "rfc", "--json");
    const [{ replay }] = JSON.parse(inJson.stdout).findings;
    Deno.writeTextFileSync(`${folder}/finding.json`, JSON.stringify(replay));
    assertEquals((await crash("replay", `${folder}/finding.json`)).code, 1);
  }));

Deno.test("crash sweep --depth cuts recoveries short as well", async () => {
  const { code, stdout } = await crash("sweep", "--target", "kv", "--length", "2", "--depth", "2");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "each under every crash, 2 in a row: ");
});

Deno.test("a refused workload is not reported as a crash", async () => {
  const steps = '[{"kind":"write","offsetBytes":1000000000,"lengthBytes":512}]';
  const { code, stdout } = await crash("sweep", "--steps", steps);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "refused, without any crash: ");
});

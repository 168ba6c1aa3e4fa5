import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "./captured_output_testing.ts";

Deno.test("crash sweep says how much it covered, and exits 0 if nothing was found", async () => {
  const { code, printed } = await crash("sweep", "--length", "1", "--preset", "survivable");
  assertEquals(code, 0);
  assertStringIncludes(printed, "qed (strict) under ordered, writes, sectors");
  assertStringIncludes(
    printed,
    "exhaustive up to length 1 over 23 operations: 19 workloads",
  );
});

Deno.test("crash sweep shows what it found, and how to see it again", async () => {
  const args = ["--profile", "rfc", "--layout=rfc", "--backing", "--no-save"];
  const { code, printed } = await crash("sweep", ...args);
  assertEquals(code, 1);
  assertStringIncludes(printed, "  1. write, part of a free unit\n  wrong-data: guest sector ");
  assertStringIncludes(printed, "stopped by the first finding");
  const again = /deno task crash (sweep .*) --steps '(.*)'/.exec(printed);
  assert(again);
  const replayed = await crash(...again[1].split(" "), "--steps", again[2], "--no-save");
  assertEquals(replayed.code, 1);
  assertStringIncludes(replayed.printed, "wrong-data: guest sector ");
  assertStringIncludes(replayed.printed, "one given workload");
  const strict = again[1].replace("--profile rfc", "--profile strict").split(" ");
  assertEquals((await crash(...strict, "--steps", again[2])).code, 0);
});

Deno.test("crash sweep prints JSON: the same for the same seed", async () => {
  const args = ["sweep", "--random", "20", "--seed", "3", "--swarm", "--profile", "qemu", "--all"];
  const run = async () => {
    const { code, printed } = await crash(...args, "--json");
    assertEquals(code, 1);
    const { seconds, ...rest } = JSON.parse(printed);
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

Deno.test("crash sweep stops where it is told, and says so", async () => {
  const { code, printed } = await crash("sweep", "--most", "30");
  assertEquals(code, 0);
  assertStringIncludes(printed, "30 of 9476 workloads, stopped by the workload budget");
});

Deno.test("crash sweep refuses what makes no sense with exit code 2", async () => {
  const cases: [string[], string][] = [
    [["--target", "qcow2"], "unknown target 'qcow2': one of qed, kv"],
    [["--target", "kv", "--profile", "rfc"], "--target kv goes without --profile"],
    [["--target", "kv", "--backing"], "--target kv goes without --backing"],
    [["--layout", "x"], 'unknown layout "x"'],
    [["--preset", "sectors,lunar"], "unknown preset 'lunar'"],
    [["--length", "0"], "--length 0: must be a whole number above 0"],
    [["--length", "65"], "--length 65: at most 64"],
    [["--depth", "9"], "--depth 9: at most 8"],
    [["--random", "many"], "--random many: must be"],
    [["--seed", "1"], "--seed goes with --random"],
    [["--swarm"], "--swarm goes with --random"],
    [["--engine", "lazy"], "sweep takes no --engine"],
    [["more"], 'unexpected "more"'],
    [["--steps", "[", "--json"], "steps: "],
    [["--steps", "[]"], "at least one step"],
    [["--steps", "[null]"], "number 1 is null: kind must be one of"],
    [["--steps", '[{"kind":"fly"}]'], "kind must be one of"],
    [["--steps", '[{"kind":"grow"}]'], "sizeBytes must be"],
    [["--steps", '[{"kind":"write","offsetBytes":0}]'], "offsetBytes and lengthBytes must be"],
    [["--steps", '[{"kind":"close"},{"kind":"flush"}]'], "number 1 is a close, and not the last"],
    [["--steps", '[{"kind":"flush"}]', "--length", "2"], "without --length and --random"],
  ];
  for (const [args, message] of cases) {
    const { code, complained } = await crash("sweep", ...args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(complained, message);
  }
});

Deno.test("crash sweep runs a format that has nothing to do with QED", async () => {
  const { code, printed } = await crash(
    ...["sweep", "--target", "kv", "--preset", "lying-flush", "--no-save"],
  );
  assertEquals(code, 1);
  assertStringIncludes(printed, "again: deno task crash sweep --target kv --preset lying-flush");
  assertEquals((await crash("sweep", "--target", "kv")).code, 0);
});

Deno.test("what a sweep finds is saved as a file that is replayed and shrunk", () =>
  inTempDir(async (folder) => {
    for (const target of [["--profile", "rfc", "--long-backing"], ["--target", "kv"]]) {
      const args = ["sweep", ...target, "--preset", "lying-flush", "--save", folder];
      const { printed } = await crash(...args);
      const path = /deno task crash shrink (\S+)/.exec(printed)![1];
      assertEquals((await crash("replay", path)).code, 1);
      assertEquals((await crash("shrink", path, "--no-save")).code, 1);
    }
    const inJson = await crash("sweep", "--profile", "rfc", "--json");
    const [{ replay }] = JSON.parse(inJson.printed).findings;
    Deno.writeTextFileSync(`${folder}/finding.json`, JSON.stringify(replay));
    assertEquals((await crash("replay", `${folder}/finding.json`)).code, 1);
  }));

Deno.test("crash sweep --depth cuts recoveries short as well", async () => {
  const { code, printed } = await crash("sweep", "--target", "kv", "--length", "2", "--depth", "2");
  assertEquals(code, 0);
  assertStringIncludes(printed, "each under every crash, 2 in a row: ");
});

Deno.test("a workload that the driver refuses is told from a crash", async () => {
  const steps = '[{"kind":"write","offsetBytes":1000000000,"lengthBytes":512}]';
  const { code, printed } = await crash("sweep", "--steps", steps);
  assertEquals(code, 1);
  assertStringIncludes(printed, "refused, without any crash: ");
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ALIASING } from "../../scenarios/aliasing.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";
import { runAsScript } from "../../scenarios/qed/run_as_script.ts";
import { crash } from "./captured_output_testing.ts";

Deno.test("crash runs every scenario and everything is as expected", async () => {
  const { code, printed } = await crash("--no-save", "--json");
  const rows = JSON.parse(printed) as Record<string, unknown>[];
  const wrong = rows.filter((row) => !row.asExpected).map((row) => [row.scenario, row.found]);
  assertEquals(wrong, []);
  assertEquals(code, 0);
  for (const { name } of SCENARIOS) assert(rows.some((row) => row.scenario === name), name);
});

Deno.test("crash prints a table with a line for each result", async () => {
  const { code, printed } = await crash("run", "aliasing", "--no-save");
  assertEquals(code, 0);
  assertStringIncludes(printed, "aliasing: guest sector 24 held zeroes");
  assertStringIncludes(printed, "3 results, all as expected; every space explored exhaustively");
});

Deno.test("crash run with a preset of one's own exits 1 for a violation, 0 without", async () => {
  const rfc = await crash("run", "aliasing", "--profile", "rfc", "--preset", "blocks", "--no-save");
  assertEquals(rfc.code, 1);
  const strict = await crash("run", "aliasing", "--profile=strict", "--preset=blocks", "--no-save");
  assertEquals(strict.code, 0);
});

Deno.test("crash run finds the same with both engines", async () => {
  for (const engine of ["lazy", "brute"]) {
    const { code, printed } = await crash("run", "aliasing", "--engine", engine, "--json");
    assertEquals(code, 0);
    const found = JSON.parse(printed).map((row: { found: string }) => row.found);
    assertEquals(found, [
      "aliasing, inconsistent",
      "unusable, aliasing, inconsistent",
      "clean",
    ]);
  }
});

Deno.test("crash list and --help name every scenario", async () => {
  for (const args of [["list"], ["--help"]]) {
    const { code, printed } = await crash(...args);
    assertEquals(code, 0);
    for (const { name } of SCENARIOS) assertStringIncludes(printed, name);
  }
});

Deno.test("crash refuses command lines that it does not understand with exit code 2", async () => {
  const cases: [string[], string][] = [
    [["frobnicate"], 'unknown command "frobnicate"'],
    [["run"], "name a scenario"],
    [["run", "nosuch"], "unknown scenario 'nosuch'"],
    [["run", "aliasing", "--preset", "lunar"], "unknown preset 'lunar'"],
    [["run", "aliasing", "--preset", "toString"], "unknown preset 'toString'"],
    [["run", "aliasing", "--profile", "x"], "unknown profile 'x'"],
    [["run", "aliasing", "--preset", ""], "--preset needs a value"],
    [["run", "aliasing", "--engine", "steam"], "unknown engine 'steam'"],
    [["run", "dirty-bit", "--engine", "brute"], "too many for brute force"],
    [["run", "exabyte", "--profile", "rfc"], "no case has this profile"],
    [["--frobnicate"], "unknown option --frobnicate"],
    [["replay"], "name one file"],
    [["replay", "/nonexistent/file"], "can't read /nonexistent/file"],
    [["log"], "name one log"],
    [["log", "a.log"], "--base IMAGE is missing"],
    [["log", "a.log", "--base", "b", "--format", "ext4"], "unknown format 'ext4'"],
    [["drivers", "--format", "ext4"], "unknown format 'ext4'"],
    [["drivers", "--preset", "torn-sector"], "no image format promises"],
    [["drivers", "--format", "raw", "ext3"], "unknown format 'ext3'"],
    [["drivers", "--format", "raw", "--format", "ext2"], "unknown format 'ext2'"],
    [["run", "aliasing", "--format", "qed"], "run takes no --format"],
    [["log", "a.log", "--base", "b", "--format", "qed", "--format", "raw"], "one --format"],
    [["run", "aliasing", "--report", "/nonexistent/page.html"], "--report /nonexistent/page.html"],
    [["log", "a.log", "--base", "b", "--preset", "none"], "unknown preset 'none'"],
    [["run", "aliasing", "--base", "x"], "run takes no --base"],
    [["replay", "x", "--preset", "blocks"], "replay takes no --preset"],
    [["list", "--json"], "list takes no --json"],
    [["list", "--no-save"], "list takes no --save"],
    [["replay", "/dev/zero"], "not a regular file"],
    [["list", "more"], 'unexpected "more"'],
  ];
  for (const [args, message] of cases) {
    const { code, complained } = await crash(...args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(complained, message);
    assert(!/\bat .*\.ts:\d+/.test(complained), `stack trace for: ${args.join(" ")}`);
  }
});

Deno.test("crash run prints what the scenario's own script prints", async () => {
  const lines: string[] = [];
  const print = (text: string) => lines.push(text);
  assertEquals(await runAsScript(ALIASING, [], { print, complain: print }), 0);
  const { code, printed } = await crash("run", "aliasing", "--no-save");
  assertEquals(code, 0);
  const withoutTimes = (text: string) => text.replaceAll(/\d+\.\d+ s$/gm, "");
  assertEquals(withoutTimes(printed), withoutTimes(lines.join("\n")));
});

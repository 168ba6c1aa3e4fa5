import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ALIASING } from "../../scenarios/aliasing.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";
import { runAsScript } from "../../scenarios/qed/run_as_script.ts";
import { sized } from "../../test_support/long.ts";
import { crash } from "./run_crash_testing.ts";

/** The scenarios that take longest, a fifth or more of a second each; they are the long suite's. */
const SLOW: readonly string[] = sized({
  short: [
    ...["background-check", "beyond-four", "defragment", "flushes"],
    ...["parallel-requests", "rebase", "run-time-faults", "shrink", "stream"],
  ],
  long: [],
});
const QUICK = SCENARIOS.map(({ name }) => name).filter((name) => !SLOW.includes(name));

Deno.test("crash runs every scenario and everything is as expected", async () => {
  const names = sized({ short: ["run", ...QUICK], long: [] });
  const { code, stdout } = await crash(...names, "--no-save", "--json");
  const rows = JSON.parse(stdout) as Record<string, unknown>[];
  const wrong = rows.filter((row) => !row.asExpected).map((row) => [row.scenario, row.found]);
  assertEquals(wrong, []);
  assertEquals(code, 0);
  for (const name of QUICK) assert(rows.some((row) => row.scenario === name), name);
});

Deno.test("crash prints a table with a line for each result", async () => {
  const { code, stdout } = await crash("run", "aliasing", "--no-save");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "aliasing: guest sector 24 held zeroes");
  assertStringIncludes(stdout, "3 results, all as expected; every space explored exhaustively");
});

Deno.test("crash run with a preset of one's own exits 1 for a violation, 0 without", async () => {
  const rfc = await crash("run", "aliasing", "--profile", "rfc", "--preset", "blocks", "--no-save");
  assertEquals(rfc.code, 1);
  const strict = await crash("run", "aliasing", "--profile=strict", "--preset=blocks", "--no-save");
  assertEquals(strict.code, 0);
});

Deno.test("crash run finds the same with both engines", async () => {
  for (const engine of ["lazy", "brute"]) {
    const { code, stdout } = await crash("run", "aliasing", "--engine", engine, "--json");
    assertEquals(code, 0);
    const found = JSON.parse(stdout).map((row: { found: string }) => row.found);
    assertEquals(found, [
      "aliasing, inconsistent",
      "unusable, aliasing, inconsistent",
      "clean",
    ]);
  }
});

Deno.test("crash list and --help name every scenario", async () => {
  for (const args of [["list"], ["--help"]]) {
    const { code, stdout } = await crash(...args);
    assertEquals(code, 0);
    for (const { name } of SCENARIOS) assertStringIncludes(stdout, name);
  }
});

Deno.test("crash refuses command lines that it does not understand with exit code 2", async () => {
  const cases: [string[], string][] = [
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["run"], "missing operand NAME"],
    [["run", "nosuch"], "unknown scenario 'nosuch'"],
    [["run", "aliasing", "--preset", "lunar"], "unknown preset 'lunar'"],
    [["run", "aliasing", "--preset", "toString"], "unknown preset 'toString'"],
    [["run", "aliasing", "--profile", "x"], "unknown profile 'x'"],
    [["run", "aliasing", "--preset", ""], "--preset needs a value: P"],
    [["run", "aliasing", "--engine", "steam"], "unknown engine 'steam'"],
    [["run", "dirty-bit", "--engine", "brute"], "too many for brute force"],
    [["run", "exabyte", "--profile", "rfc"], "no case has this profile"],
    [["--frobnicate"], "unknown option '--frobnicate'"],
    [["replay"], "missing operand FILE"],
    [["replay", "/nonexistent/file"], "Cannot read '/nonexistent/file'"],
    [["log"], "missing operand LOG"],
    [["log", "a.log"], "missing option --base IMAGE"],
    [["log", "a.log", "--base", "b", "--format", "ext4"], "unknown format 'ext4'"],
    [["drivers", "--format", "ext4"], "unknown format 'ext4'"],
    [["drivers", "--preset", "torn-sector"], "no image format promises"],
    [["drivers", "--format", "raw", "ext3"], "unknown format 'ext3'"],
    [["drivers", "--format", "raw", "--format", "ext2"], "unknown format 'ext2'"],
    [["run", "aliasing", "--format", "qed"], "unknown option '--format'"],
    [
      ["log", "a.log", "--base", "b", "--format", "qed", "--format", "raw"],
      "--format cannot be given more than once",
    ],
    [
      ["run", "aliasing", "--report", "/nonexistent/page.html"],
      "Cannot write '/nonexistent/page.html'",
    ],
    [["log", "a.log", "--base", "b", "--preset", "none"], "unknown preset 'none'"],
    [["run", "aliasing", "--base", "x"], "unknown option '--base'"],
    [["replay", "x", "--preset", "blocks"], "unknown option '--preset'"],
    [["list", "--json"], "unknown option '--json'"],
    [["list", "--no-save"], "unknown option '--no-save'"],
    [["replay", "/dev/zero"], "not a regular file"],
    [["list", "more"], "unexpected operand 'more'"],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await crash(...args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(stderr, message);
    assert(!/\bat .*\.ts:\d+/.test(stderr), `stack trace for: ${args.join(" ")}`);
  }
});

Deno.test("crash run prints what the scenario's own script prints", async () => {
  const lines: string[] = [];
  const print = (text: string) => lines.push(text);
  assertEquals(await runAsScript(ALIASING, [], { print, complain: print }), 0);
  const { code, stdout } = await crash("run", "aliasing", "--no-save");
  assertEquals(code, 0);
  const withoutTimes = (text: string) => text.replaceAll(/\d+\.\d+ s$/gm, "");
  assertEquals(withoutTimes(stdout), withoutTimes(`${lines.join("\n")}\n`));
});

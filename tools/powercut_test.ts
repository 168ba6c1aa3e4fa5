/** The command line as users run it, and the rules that all of its programs follow. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../test_support/temp_dir.ts";
import type { WrongLineResult } from "./bad_input_lines_testing.ts";
import { CapturedIo } from "./kit/captured_io.ts";
import { PROGRAMS, runPowercut } from "./programs.ts";
import { userEnvironment } from "../test_support/user_environment.ts";

const ROOT = new URL("..", import.meta.url).pathname;

async function powercut(...args: string[]) {
  const captured = new CapturedIo();
  const code = await runPowercut(args, captured.io);
  return { code, stdout: captured.stdout, stderr: captured.stderr };
}

async function deno(args: readonly string[], options: Deno.CommandOptions = {}) {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "null",
    ...options,
    clearEnv: true,
    env: { ...userEnvironment(), ...options.env },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("the help names every program, and each program's help begins with its usage", async () => {
  const { code, stdout } = await powercut("--help");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "usage: powercut COMMAND");
  for (const { name, summary } of PROGRAMS) {
    assertStringIncludes(stdout, `  ${name}`);
    assertStringIncludes(stdout.replaceAll(/\s+/g, " "), summary);
    const help = await powercut(name, "--help");
    assertEquals([help.code, help.stderr], [0, ""]);
    assert(help.stdout.startsWith(`usage: powercut ${name} `), help.stdout);
    for (const part of ["exit codes (docs/exit-codes.md):", "examples:"]) {
      assertStringIncludes(help.stdout, part);
    }
    assertEquals(await powercut("help", name), help);
    for (const line of help.stdout.split("\n")) assert(line.length <= 100, line);
  }
});

Deno.test("the version is that of deno.json", async () => {
  const { version } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  assertEquals(await powercut("--version"), {
    code: 0,
    stdout: `powercut ${version}\n`,
    stderr: "",
  });
});

Deno.test("a misspelt program is wrong usage, with the nearest name", async () => {
  assertEquals(await powercut("chrash"), {
    code: 2,
    stdout: "",
    stderr: "powercut: unknown command 'chrash' (did you mean 'crash'?)\nTry 'powercut --help'.\n",
  });
  assertEquals((await powercut()).code, 2);
});

Deno.test("every wrong command line of every program exits 2, says why, and writes nothing", () =>
  inTempDir(async (dir) => {
    const script = new URL("./bad_input_lines_testing.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await deno(["run", "-A", "--frozen", script], { cwd: dir });
    assertEquals([code, stderr], [0, ""]);
    const results: WrongLineResult[] = JSON.parse(stdout);
    assert(results.length > 400, `${results.length}`);
    for (const result of results) {
      const [first, last] = result.stderr.split("\n");
      assertEquals([result.code, result.stdout], [2, ""], `${result.line}\n${result.stderr}`);
      assertStringIncludes(first, result.message, result.line);
      assert(/^Try 'powercut( [a-z]+)* --help'\.$/.test(last), `${result.line}\n${result.stderr}`);
    }
    assertEquals([...Deno.readDirSync(dir)], []);
  }));

Deno.test("a task and the command take names from where the user stands", () =>
  inTempDir(async (dir) => {
    const config = ["task", "--config", `${ROOT}deno.json`, "--quiet"];
    const task = await deno([...config, "qed", "create", "-q", "task.qed", "1M"], { cwd: dir });
    assertEquals([task.code, task.stdout, task.stderr], [0, "", ""]);
    const wrong = await deno([...config, "powercut", "qed", "crate"], { cwd: dir });
    assertEquals([wrong.code, wrong.stderr], [
      2,
      "qed: unknown command 'crate' (did you mean 'create'?)\nTry 'deno task qed --help'.\n",
    ]);
    const file = ["run", "-A", "--frozen", `${ROOT}tools/powercut.ts`];
    const command = await deno([...file, "qed", "create", "-q", "command.qed", "1M"], { cwd: dir });
    assertEquals([command.code, command.stderr], [0, ""]);
    const names = Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();
    assertEquals(names, ["command.qed", "task.qed"]);
  }));

Deno.test("it can be installed from a clone, and then runs in any folder", () =>
  inTempDir(async (dir) => {
    const imports = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)).imports;
    const map = JSON.parse(Deno.readTextFileSync(`${ROOT}offline/import_map.json`)).imports;
    for (const [name, target] of Object.entries<string>(map)) {
      if (!target.startsWith("npm:")) continue;
      assertEquals(target.replace(/^npm:\/?|\/$/g, ""), imports[name.replace(/\/$/, "")].slice(4));
    }
    const options = ["--root", dir, "--import-map", `${ROOT}offline/import_map.json`];
    const install = ["install", "--global", "-A", "--name", "powercut", ...options];
    const installed = await deno([...install, `${ROOT}tools/powercut.ts`]);
    assertEquals(installed.code, 0, installed.stderr);
    const program = new Deno.Command(`${dir}/bin/powercut`, {
      args: ["crash", "run", "four-outcomes", "--depth", "1"],
      cwd: dir,
      stdin: "null",
      clearEnv: true,
      env: userEnvironment(),
    });
    const { code, stdout, stderr } = await program.output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stderr)], [0, ""]);
    assertStringIncludes(text.decode(stdout), "all as expected");
    assert(Deno.statSync(`${dir}/crash-findings`).isDirectory);
  }));

Deno.test("the page of exit codes has every code", async () => {
  const { EXIT } = await import("./kit/exit_codes.ts");
  const page = Deno.readTextFileSync(`${ROOT}docs/exit-codes.md`);
  for (const [name, code] of Object.entries(EXIT)) {
    if (name !== "SIGNAL") assertStringIncludes(page, `| ${code} `);
  }
  assertStringIncludes(page, "128");
});

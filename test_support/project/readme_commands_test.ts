/** Every command in the README is run, or is on a list that says why it is not. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { sized } from "../long.ts";
import { qemuDirTest } from "../qemu.ts";
import { inTempDir } from "../temp_dir.ts";
import { inlineCommands, missingLines, outputBlocks, shellBlocks } from "./shell_blocks.ts";
import { userEnvironment } from "../user_environment.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const README = Deno.readTextFileSync(`${ROOT}README.md`);
const BLOCKS = shellBlocks(README);
const CRASH = "npx -y deno@2.9.6 task crash";
const CRASH_ONE = "deno task crash run aliasing";
const TEST = "npx -y deno@2.9.6 task test";
const LOG = "deno task crash log session.log --base before.qed";

/** Commands that no test here runs, with the reason. */
const NOT_RUN: Readonly<Record<string, string>> = {
  [TEST]: "it would run this test again; .ci/run calls it, which a test below checks",
  "deno task powercut": "needs an operand; tools/powercut_test.ts runs its programs",
  "deno task crash drivers": "takes 20 s; tools/trials runs it with one format at a time",
};

/** A folder that looks like a clone: every entry of the repository, by symbolic link. */
function linkRepository(dir: string): void {
  for (const { name } of Deno.readDirSync(ROOT)) {
    if (name.startsWith(".git") || name === "crash-findings") continue;
    Deno.symlinkSync(`${ROOT}${name}`, `${dir}/${name}`);
  }
}

/** Programs of the README that stand for this Deno, so that nothing is downloaded. */
function writePrograms(bin: string): void {
  Deno.mkdirSync(bin);
  const deno = Deno.execPath();
  const npx = `#!/bin/sh\n[ "$1 $2" = "-y deno@2.9.6" ] || exit 99\nshift 2\nexec '${deno}' "$@"\n`;
  Deno.writeTextFileSync(`${bin}/npx`, npx, { mode: 0o755 });
  Deno.symlinkSync(deno, `${bin}/deno`);
}

/** Run commands in a folder like a clone; returns the exit code of the last one, and the output. */
async function runCommands(dir: string, commands: readonly string[]) {
  const clone = `${dir}/clone`;
  Deno.mkdirSync(clone);
  linkRepository(clone);
  writePrograms(`${dir}/bin`);
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-e", "-c", commands.join("\n")],
    cwd: clone,
    clearEnv: true,
    env: { ...userEnvironment(), PATH: `${dir}/bin:${Deno.env.get("PATH")}` },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The block of the README that has a command. */
function blockWith(command: string): readonly string[] {
  const block = BLOCKS.find(({ commands }) => commands.includes(command));
  assert(block, `README.md has no block with: ${command}`);
  return block.commands;
}

Deno.test("every command in the README is run or is listed with a reason", () => {
  const tested = [CRASH, CRASH_ONE, ...blockWith(LOG)];
  const written = [...BLOCKS.flatMap(({ commands }) => commands), ...inlineCommands(README)];
  assertEquals(written.filter((each) => !tested.includes(each) && !(each in NOT_RUN)), []);
  assertEquals(Object.keys(NOT_RUN).filter((each) => !written.includes(each)), []);
});

Deno.test("the first command of the README prints the lines that it shows", () =>
  inTempDir(async (dir) => {
    // The short suite runs the scenario that the README shows, the long one all of them.
    const command = sized({ short: CRASH_ONE, long: CRASH });
    const { code, stdout, stderr } = await runCommands(dir, [command]);
    assertEquals(code, 0, stderr);
    const shown = outputBlocks(README).flat();
    assert(shown.length >= 3);
    assertEquals(missingLines(shown, stdout), []);
    // The profiles and the kind of violation that the text below explains.
    for (const word of ["rfc ", "qemu ", "strict "]) assertStringIncludes(stdout, word);
  }));

qemuDirTest("the README's recording of QEMU's driver shows its bug", async (dir) => {
  const { code, stdout, stderr } = await runCommands(dir, blockWith(LOG));
  assertEquals(code, 1, stderr); // as the README says
  const [, runs, states] = /(\d+)\s+runs\s+cover\s+(2\^[\d.]+)\s+states/.exec(README) ?? [];
  assertStringIncludes(stdout, `${states} states, exhaustive`);
  assertStringIncludes(stdout, `lazy, ${runs} recoveries`);
});

/** The commands that .ci/run gives to npx, with its variables replaced. */
function commandsOfCi(): string[] {
  const script = Deno.readTextFileSync(`${ROOT}.ci/run`);
  const value = (name: string) => new RegExp(`^readonly ${name}=(.*)$`, "m").exec(script)?.[1];
  const tasks = (value("TEST_TASKS") ?? "").replaceAll(/[()]/g, "").split(" ");
  return [...script.matchAll(/^ *(npx [^|>]*?) 2>&1/gm)]
    .map(([, line]) => line.replace('"deno@$DENO_VERSION"', `deno@${value("DENO_VERSION")}`))
    .flatMap((line) => tasks.map((task) => line.replace('"$task"', task)));
}

Deno.test("continuous integration calls the README's test command", () => {
  assertEquals(blockWith(TEST), [CRASH, TEST]);
  assert(commandsOfCi().includes(TEST), commandsOfCi().join("\n"));
});

Deno.test("the README names the version of Deno that runs the tests", () => {
  const versions = [...README.matchAll(/deno@([\d.]+)/g)].map(([, version]) => version);
  assertEquals(new Set(versions), new Set([Deno.version.deno]));
});

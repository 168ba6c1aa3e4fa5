import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { COMMANDS } from "./commands.ts";
import { runQed, runQedOk } from "./run_testing.ts";

Deno.test("the general help names every command, however it is asked for", async () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const stdout = await runQedOk(...args);
    for (const { name, summary } of COMMANDS) {
      assertStringIncludes(stdout, name);
      assertStringIncludes(unwrapped(stdout), summary);
    }
  }
});

/** The help without the line breaks in its right column. */
function unwrapped(help: string): string {
  return help.replace(/\s+/g, " ");
}

for (const command of COMMANDS) {
  Deno.test(`the help of ${command.name} has every option, exit code and example`, async () => {
    const stdout = await runQedOk(command.name, "--help");
    assertEquals(await runQedOk("help", command.name), stdout);
    for (const { long, short } of command.options) {
      assertStringIncludes(stdout, `--${long}`);
      if (short) assertStringIncludes(stdout, `-${short}, --${long}`);
    }
    for (const [code, meaning] of command.exitCodes) {
      assertStringIncludes(stdout, `${code}`);
      assertStringIncludes(unwrapped(stdout), meaning);
    }
    assert(command.examples.length >= 2);
    for (const [args] of command.examples) {
      assertStringIncludes(stdout, `qed ${command.name} ${args}`);
    }
    for (const line of stdout.split("\n")) assert(line.length <= 92, line);
  });

  Deno.test(`${command.name} refuses what it does not know, with exit code 2`, async () => {
    for (const args of [["--no-such-option"], ["a", "b", "c", "d"]]) {
      const { code, stdout, stderr } = await runQed([command.name, ...args]);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, `qed ${command.name}: `);
      assertStringIncludes(stderr, `Try 'powercut qed ${command.name} --help'`);
    }
  });

  const needed = command.operands.filter(({ isOptional }) => !isOptional);
  if (needed.length === 0) continue;
  Deno.test(`${command.name} names the operands that are missing`, async () => {
    const { code, stderr } = await runQed([command.name]);
    assertEquals(code, 2);
    assertStringIncludes(
      stderr,
      `missing operand ${needed.map(({ name }) => name).join(" and ")}\n`,
    );
  });
}

Deno.test("the documentation has every command, and an example of it", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/image-tool.md", import.meta.url));
  for (const { name } of COMMANDS) {
    assertMatch(text, new RegExp(`^\\| \`${name}\` .*\`qed ${name} `, "m"), name);
  }
});

Deno.test("no command, or one that is not there, is wrong usage", async () => {
  const none = await runQed([]);
  assertEquals([none.code, none.stdout], [2, ""]);
  assertStringIncludes(none.stderr, "qed: missing operand COMMAND: must be one of create, info,");
  const wrong = await runQed(["chekc", "a.qed"]);
  assertEquals(wrong.code, 2);
  assertEquals(
    wrong.stderr,
    "qed: unknown command 'chekc' (did you mean 'check'?)\nTry 'powercut qed --help'.\n",
  );
  assertEquals((await runQed(["help", "frobnicate"])).code, 2);
});

Deno.test("an argument after -- that looks like a call for help is an operand", () =>
  inTempDir(async (dir) => {
    const { code, stderr } = await runQed(["info", "--", "--help"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "Could not open '--help'");
    assertEquals(Array.from(Deno.readDirSync(dir)), []);
  }));

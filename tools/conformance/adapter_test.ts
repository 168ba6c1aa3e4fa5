import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../kit/usage_error.ts";
import { parseAdapter } from "./adapter.ts";
import { commandLine } from "./command_line.ts";
import { loadAdapter, SHIPPED } from "./load_adapter.ts";

const GOOD = { name: "x", commands: { open: { run: ["x", "{image}"] } } };

Deno.test("the adapters that come with the kit are good", () => {
  for (const name of SHIPPED) assertEquals(loadAdapter(name).name, name);
});

Deno.test("what an adapter need not say is empty", () => {
  assertEquals(parseAdapter(JSON.stringify(GOOD), "x.json"), {
    name: "x",
    about: "",
    programs: {},
    lacks: [],
    commands: { open: { run: ["x", "{image}"], keys: {}, exit: {} } },
    differences: [],
  });
});

const open = (command: unknown) => ({ ...GOOD, commands: { open: command } });

for (
  const [json, complaint] of [
    [[], "the adapter must be an object"],
    [{ ...GOOD, nmae: "x" }, 'the adapter has "nmae", not one of name, about,'],
    [{ commands: {} }, "name must be a string"],
    [{ name: "x" }, "commands must be an object"],
    [{ ...GOOD, commands: { opne: {} } }, 'commands has "opne", not one of open, check,'],
    [{ ...GOOD, lacks: ["everything"] }, 'lacks has "everything", not rfc layout'],
    [{ ...GOOD, version: "x" }, "version must be an array of strings"],
    [{ ...GOOD, programs: { x: "x" } }, "programs.x must be an array of strings"],
    [{ ...GOOD, differences: {} }, "differences must be an array"],
    [{ ...GOOD, differences: [{ tests: {} }] }, "differences[0].why must be a string"],
    [open({}), "commands.open.run must be an array of strings"],
    [open({ run: [] }), "commands.open.run must name a program"],
    [
      open({ run: ["x", "{output}"] }),
      "commands.open.run has {output}, not one of {image}, {deno}",
    ],
    [open({ run: ["x"], keys: { size: "x" } }), 'commands.open.keys has no "size"'],
    [open({ run: ["x"], keys: { dirty: 1 } }), "commands.open.keys.dirty must be a string"],
    [
      open({ run: ["x"], exit: { "0": "good" } }),
      "commands.open.exit must have exit codes and one",
    ],
    [open({ run: ["x"], exit: { zero: "clean" } }), "commands.open.exit must have exit codes"],
    [open({ run: ["x"], refusal: 1 }), "commands.open.refusal must be a string"],
  ] as const
) {
  Deno.test(`an adapter is refused: ${complaint}`, () => {
    const text = JSON.stringify(json);
    const error = assertThrows(() => parseAdapter(text, "x.json"), UsageError);
    assertEquals(error.message.slice(0, 8 + complaint.length), `x.json: ${complaint}`);
  });
}

Deno.test("an adapter that is no JSON is refused", () => {
  assertThrows(() => parseAdapter("{", "x.json"), UsageError, "x.json: ");
});

Deno.test("a program's words take the place of its name, other placeholders stay in theirs", () => {
  const programs = { tool: ["{deno}", "run", "tool.ts"] };
  assertEquals(
    commandLine({ programs }, ["{tool}", "-x={image}", "{image}", "{ not one }"], {
      image: "/tmp/{deno}/a b",
    }),
    [Deno.execPath(), "run", "tool.ts", "-x=/tmp/{deno}/a b", "/tmp/{deno}/a b", "{ not one }"],
  );
});

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
    [3, "the content is 3: must be an object"],
    [{ ...GOOD, nmae: "x" }, "nmae is \"x\": unknown field (did you mean 'name'?)"],
    [{ commands: {} }, "name is missing"],
    [{ name: "x" }, "commands is missing"],
    [
      { ...GOOD, commands: { opne: {} } },
      "commands.opne is {}: unknown field (did you mean 'open'?)",
    ],
    [{ ...GOOD, lacks: ["everything"] }, 'lacks[0] is "everything": must be rfc layout'],
    [{ ...GOOD, version: "x" }, 'version is "x": must be a list'],
    [{ ...GOOD, programs: { x: "x" } }, 'programs.x is "x": must be a list'],
    [{ ...GOOD, differences: {} }, "differences is {}: must be a list"],
    [{ ...GOOD, differences: [{ tests: {} }] }, "differences[0].why is missing"],
    [open({}), "commands.open.run is missing"],
    [open({ run: [] }), "commands.open.run is []: must name a program"],
    [
      open({ run: ["x", "{output}"] }),
      "commands.open.run has {output}, not one of {image}, {deno}",
    ],
    [
      open({ run: ["x"], keys: { size: "x" } }),
      'commands.open.keys.size is "size": must be one of image_size,',
    ],
    [open({ run: ["x"], keys: { dirty: 1 } }), "commands.open.keys.dirty is 1: must be a text"],
    [
      open({ run: ["x"], exit: { "0": "good" } }),
      'commands.open.exit.0 is "good": must be one of clean, corruptions, leaks, failed',
    ],
    [
      open({ run: ["x"], exit: { zero: "clean" } }),
      'commands.open.exit.zero is "zero": must be an exit code',
    ],
    [open({ run: ["x"], refusal: 1 }), "commands.open.refusal is 1: must be a text"],
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

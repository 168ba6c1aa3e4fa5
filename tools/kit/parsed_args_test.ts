import { assertEquals, assertThrows } from "@std/assert";
import type { Command } from "./command.ts";
import { parseCommandArgs } from "./parsed_args.ts";
import { UsageError } from "./usage_error.ts";

const COMMAND: Command = {
  name: "test",
  summary: "test",
  operands: [{ name: "FILE" }, { name: "SIZE", isOptional: true }],
  options: [
    { short: "f", long: "format", value: "FMT", choices: ["qed", "raw"], help: "" },
    { short: "o", long: "options", value: "KEY=VALUE", isRepeatable: true, help: "" },
    { short: "q", long: "quiet", help: "" },
    { short: "U", long: "force-share", help: "" },
    { long: "output", value: "OFMT", help: "" },
  ],
  exitCodes: [],
  examples: [],
  run: () => 0,
};

const parse = (...args: string[]) => parseCommandArgs(COMMAND, args);

Deno.test("options and operands may come in any order and spelling", () => {
  const spellings = [
    ["-f", "qed", "--output=json", "-q", "a", "1G"],
    ["a", "--format", "qed", "1G", "--quiet", "--output", "json"],
    ["--format=qed", "--output=json", "-q", "--", "a", "1G"],
  ];
  for (const args of spellings) {
    const parsed = parse(...args);
    assertEquals(parsed.value("format"), "qed");
    assertEquals(parsed.value("output"), "json");
    assertEquals([parsed.has("quiet"), parsed.has("force-share")], [true, false]);
    assertEquals([parsed.operand("FILE"), parsed.operand("SIZE")], ["a", "1G"]);
  }
});

Deno.test("letters can be joined, repeatable options collected, operands may look like anything", () => {
  const parsed = parse("-qU", "-o", "a=1", "-o", "b=2", "--", "-f");
  assertEquals([parsed.has("quiet"), parsed.has("force-share")], [true, true]);
  assertEquals(parsed.values("options"), ["a=1", "b=2"]);
  assertEquals([parsed.operand("FILE"), parsed.optionalOperand("SIZE")], ["-f", undefined]);
  assertEquals(parse("007").operand("FILE"), "007");
  assertEquals(parse("-").operand("FILE"), "-");
  assertEquals(parse("a", "--output", "-").value("output"), "-");
});

Deno.test("wrong usage says what is wrong, and what may have been meant", () => {
  const cases: [string[], string][] = [
    [["--fromat", "qed", "a"], "unknown option '--fromat' (did you mean '--format'?)"],
    [["--zzzzzz", "a"], "unknown option '--zzzzzz'"],
    [["-x", "a"], "unknown option '-x'"],
    [["-F", "qed", "a"], "(did you mean '-f'?)"],
    [["--format=qcow2", "a"], "-f must be qed or raw, not 'qcow2'"],
    [["a", "-f"], "-f needs a value: FMT"],
    [["-f", "-q", "a"], "-f needs a value: FMT"],
    [["a", "--output="], "--output needs a value: OFMT"],
    [["-f", "qed", "-f", "raw", "a"], "-f cannot be given more than once"],
    [["a", "b", "c"], "unexpected operand 'c'"],
  ];
  for (const [args, message] of cases) {
    assertThrows(() => parse(...args), UsageError, message, args.join(" "));
  }
  assertThrows(() => parse().operand("FILE"), UsageError, "missing operand FILE");
});

Deno.test("an operand may be signed, or given many times; an option's value may be empty", () => {
  const signed: Command = {
    ...COMMAND,
    operands: [{ name: "FILE" }, { name: "SIZE", isSigned: true }],
    options: [{ short: "b", long: "backing", value: "FILE", mayBeEmpty: true, help: "" }],
  };
  const parsed = parseCommandArgs(signed, ["-b", "", "a", "-12k"]);
  assertEquals([parsed.value("backing"), parsed.operand("SIZE")], ["", "-12k"]);
  assertEquals(parseCommandArgs(signed, ["-5", "a"]).operand("SIZE"), "-5");
  assertThrows(() => parseCommandArgs(signed, ["a", "-k"]), UsageError, "unknown option '-k'");

  const many: Command = {
    ...COMMAND,
    operands: [{ name: "FILE" }, { name: "X", isRepeatable: true, isOptional: true }],
  };
  assertEquals(parseCommandArgs(many, ["a", "b", "c"]).operands("X"), ["b", "c"]);
  assertEquals(parseCommandArgs(many, ["a"]).operands("X"), []);
  const needed: Command = { ...COMMAND, operands: [{ name: "X", isRepeatable: true }] };
  assertThrows(() => parseCommandArgs(needed, []).operands("X"), UsageError, "missing operand X");
});

Deno.test("options that exclude each other, and values of options that take none, are refused", () => {
  const command: Command = { ...COMMAND, conflicts: [["quiet", "output"]] };
  assertThrows(
    () => parseCommandArgs(command, ["-q", "--output", "json", "a"]),
    UsageError,
    "--quiet cannot be combined with --output",
  );
  assertThrows(
    () => parse("--quiet=no", "a"),
    UsageError,
    "--quiet takes no value, but is given 'no'",
  );
});

Deno.test("a number is whole and in its range", () => {
  const count = (value: string) => parse("--output", value, "a").count("output", { max: 8 });
  assertEquals(count("8"), 8);
  assertEquals(parse("a").count("output", { max: 8 }), undefined);
  for (const value of ["0", "9", "x", "1.5", "0x1", "1e0"]) {
    const message = `--output must be a whole number from 1 to 8, not '${value}'`;
    assertThrows(() => count(value), UsageError, message);
  }
});

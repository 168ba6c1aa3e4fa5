import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

Deno.test("parseArgs() guesses what nobody declared", () => {
  assertEquals(parseArgs([]), { _: [] });
  assertEquals(
    parseArgs(["--all", "--count", "5", "--size=0x10", "-v", "--name", "a=b", "in", "7", "-"]),
    { all: true, count: 5, size: 16, v: true, name: "a=b", _: ["in", 7, "-"] },
  );
});

Deno.test("parseArgs() keeps strings as they are", () => {
  const flags = parseArgs(["--seed", "0007", "-s", "1e3", "--empty=", "--eq=a=b"], {
    string: ["seed", "s", "empty", "eq"],
  });
  assertEquals(flags, { seed: "0007", s: "1e3", empty: "", eq: "a=b", _: [] });
});

Deno.test("parseArgs() does not take an option for a string", () => {
  const options = { string: ["seed", "s"], boolean: ["all"] } as const;
  assertEquals(parseArgs(["--seed", "--all"], options), { seed: "", all: true, _: [] });
  assertEquals(parseArgs(["-s", "--all"], options), { s: "", all: true, _: [] });
  assertEquals(parseArgs(["--seed", "-"], options), { seed: "-", all: false, _: [] });
  assertEquals(parseArgs(["--seed=--all"], options), { seed: "--all", all: false, _: [] });
  assertEquals(parseArgs(["--seed"], options), { seed: "", all: false, _: [] });
});

Deno.test("parseArgs() leaves strings out that do not occur", () => {
  const flags = parseArgs([], { string: ["seed"] });
  const seed: string | undefined = flags.seed;
  assertEquals(seed, undefined);
  assertEquals(flags, { _: [] });
});

Deno.test("parseArgs() gives booleans a value of their own or none", () => {
  const options = { boolean: ["all", "v", "w"] } as const;
  assertEquals(parseArgs(["--all", "in"], options), { all: true, v: false, w: false, _: ["in"] });
  assertEquals(parseArgs(["--all", "false"], options), { all: false, v: false, w: false, _: [] });
  assertEquals(parseArgs(["--all=false"], options), { all: false, v: false, w: false, _: [] });
  assertEquals(parseArgs(["-vw", "in"], options), { all: false, v: true, w: true, _: ["in"] });
});

Deno.test("parseArgs() takes every long option for boolean if asked to", () => {
  assertEquals(parseArgs(["--honk", "cow", "-p", "55", "--as=good"], { boolean: true }), {
    honk: true,
    p: 55,
    as: "good",
    _: ["cow"],
  });
});

Deno.test("parseArgs() fills in defaults", () => {
  const flags = parseArgs(["--seed", "2"], {
    string: ["seed", "profile"],
    boolean: ["color"],
    default: { seed: "1", profile: "strict", color: true, retries: 3 },
  });
  const strings: string[] = [flags.seed, flags.profile];
  assertEquals(strings, ["2", "strict"]);
  assertEquals(flags, { seed: "2", profile: "strict", color: true, retries: 3, _: [] });
});

Deno.test("parseArgs() sets every alias", () => {
  const options = {
    boolean: ["help"],
    string: ["seed"],
    alias: { help: ["h", "usage"], s: "seed" },
  } as const;
  const flags = parseArgs(["-h", "-s", "7"], options);
  assertEquals(flags, { help: true, h: true, usage: true, seed: "7", s: "7", _: [] });
  assertEquals(parseArgs([], options), { help: false, h: false, usage: false, _: [] });
});

Deno.test("parseArgs() collects every occurrence", () => {
  const options = {
    string: ["only"],
    boolean: ["v"],
    collect: ["only", "v", "other"],
    alias: { only: "o" },
  } as const;
  const flags = parseArgs(["--only", "a", "-o", "b", "-vv", "--other", "1"], options);
  const only: string[] = flags.only;
  assertEquals(only, ["a", "b"]);
  assertEquals(flags, { only: ["a", "b"], o: ["a", "b"], v: [true, true], other: [1], _: [] });
  assertEquals(parseArgs([], options), { only: [], o: [], v: [], _: [] });
});

Deno.test("parseArgs() keeps the last occurrence of what it does not collect", () => {
  assertEquals(parseArgs(["--seed", "1", "--seed", "2"], { string: "seed" }).seed, "2");
});

Deno.test("parseArgs() turns negatable options off", () => {
  const options = { boolean: ["color", "all"], negatable: ["color"] } as const;
  assertEquals(parseArgs(["--no-color", "true"], options).color, false);
  assertEquals(parseArgs(["--no-color", "--color"], options).color, true);
  assertEquals(parseArgs(["--no-all"], options), {
    color: false,
    all: false,
    "no-all": true,
    _: [],
  });
});

Deno.test("parseArgs() stops at the first operand if asked to", () => {
  const flags = parseArgs(["--all", "check", "--repair", "--", "--last"], {
    boolean: ["all"],
    stopEarly: true,
  });
  assertEquals(flags, { all: true, _: ["check", "--repair", "--last"] });
});

Deno.test("parseArgs() takes what follows -- for operands", () => {
  assertEquals(parseArgs(["--all", "--", "--repair"]), { all: true, _: ["--repair"] });
  const flags = parseArgs(["in", "--", "--repair", "7"], { "--": true });
  const tail: string[] = flags["--"];
  assertEquals(tail, ["--repair", "7"]);
  assertEquals(flags._, ["in"]);
});

Deno.test("parseArgs() keeps operands from becoming numbers if asked to", () => {
  assertEquals(parseArgs(["7", "0x8"], { string: ["_"] }), { _: ["7", "0x8"] });
});

Deno.test("parseArgs() hands what nobody declared to unknown, and leaves out what it refuses", () => {
  const calls: unknown[] = [];
  const flags = parseArgs(
    ["--all", "--sed=7", "in", "--aliased", "-s", "9", "--no-color", "--kept", "--", "tail"],
    {
      boolean: ["all", "color"],
      string: ["s"],
      alias: { s: "aliased" },
      negatable: ["color"],
      unknown: (arg, key, value) => {
        calls.push([arg, key, value]);
        return arg === "--kept";
      },
    },
  );
  assertEquals(calls, [["--sed=7", "sed", "7"], ["in", undefined, undefined], [
    "--kept",
    "kept",
    true,
  ]]);
  assertEquals(flags, { all: true, aliased: "9", s: "9", color: false, kept: true, _: ["tail"] });
});

Deno.test("parseArgs() takes names that objects are born with", () => {
  const flags = parseArgs(["--toString", "--__proto__=1", "--constructor", "x"]);
  assertEquals(Object.keys(flags).sort((a, b) => a.length - b.length), [
    "_",
    "toString",
    "__proto__",
    "constructor",
  ]);
  assertEquals(Object.getPrototypeOf(flags), Object.prototype);
});

Deno.test("parseArgs() types what may be missing, what may be off, and what is unknown", () => {
  const flags = parseArgs([], {
    string: ["seed", "trace"],
    boolean: ["all"],
    negatable: ["trace"],
    default: { seed: null, all: 3 },
  });
  const seed: string | null = flags.seed;
  const trace: string | false | undefined = flags.trace;
  const all: boolean | number = flags.all;
  const other: unknown = flags.other;
  assertEquals([seed, trace, all, other], [null, undefined, 3, undefined]);
});

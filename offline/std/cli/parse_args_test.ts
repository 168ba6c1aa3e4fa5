import { assertEquals, assertThrows } from "@std/assert";
import { parseArgs, type ParseOptions } from "@std/cli";

type Case = [args: string, options: ParseOptions, expected: Record<string, unknown>];

/** By test: command lines, their options and results. A result without `_` has no operands. */
const TESTS: Record<string, Case[]> = {
  "guesses the values of options that are not declared": [
    ["", {}, {}],
    ["--all --name a=b --eq=a=b in -", {}, { all: true, name: "a=b", eq: "a=b", _: ["in", "-"] }],
    ["--all - --seed -5", {}, { all: true, seed: true, 5: true, _: ["-"] }],
  ],
  "makes numbers of what looks like one": [
    ["--a 5 -b 0x1F --c=1e3 -d .5", {}, { a: 5, b: 31, c: 1000, d: 0.5 }],
    ["7 5x Infinity", {}, { _: [7, "5x", "Infinity"] }],
    ["7 0x8", { string: "_" }, { _: ["7", "0x8"] }],
  ],
  "splits groups of short options": [
    ["-abc", {}, { a: true, b: true, c: true }],
    ["-abc 5 in", {}, { a: true, b: true, c: 5, _: ["in"] }],
    ["-n5 -x-3 -y.5 -o/a/b -s=", {}, { n: 5, x: -3, y: 0.5, o: "/a/b", s: "" }],
    ["-ab/c -d- -12", {}, { a: true, b: "/c", d: "-", 1: true, 2: true }],
    ["-n - -e=x=y", {}, { n: "-", e: "x=y" }],
    ["-n --all -m -n", {}, { n: true, all: true, m: true }],
    ["-vq in", { boolean: ["v", "q"] }, { v: true, q: true, _: ["in"] }],
  ],
  "keeps strings as they are": [
    ["--seed 0007 -s 1e3 --no=", { string: ["seed", "s", "no"] }, {
      seed: "0007",
      s: "1e3",
      no: "",
    }],
    ["--seed --all --to=-5", { string: ["seed", "to"] }, { seed: "", all: true, to: "-5" }],
    ["", { string: ["seed"] }, {}],
  ],
  "gives a boolean no value but true and false": [
    ["--all in", { boolean: ["all", "v"] }, { all: true, v: false, _: ["in"] }],
    ["--all false -v true", { boolean: ["all", "v"] }, { all: false, v: true }],
    ["--all=false --v=no", { boolean: ["all", "v"] }, { all: false, v: true }],
    ["--a in -p 5 --b=c", { boolean: true }, { a: true, p: 5, b: "c", _: ["in"] }],
    ["--s in", { boolean: true, string: "s" }, { s: "", _: ["in"] }],
  ],
  "fills in defaults": [
    ["--a 2", { string: ["a", "b"], default: { a: "1", b: "y", n: 3 } }, { a: "2", b: "y", n: 3 }],
    ["", { boolean: ["a", "b"], default: { a: null, b: true } }, { a: null, b: true }],
  ],
  "sets every alias": [
    ["-h", { boolean: "h", alias: { h: ["help", "?"] } }, { h: true, help: true, "?": true }],
    ["-s 07", { string: "seed", alias: { s: "seed" } }, { s: "07", seed: "07" }],
    ["", { boolean: "h", alias: { h: "help" }, default: { h: 1 } }, { h: 1, help: 1 }],
  ],
  "collects every occurrence, and keeps the last of other options": [
    ["--o a -x b", { string: "o", collect: "o", alias: { o: "x" } }, {
      o: ["a", "b"],
      x: ["a", "b"],
    }],
    ["-vv --n 1 --n 2", { boolean: "v", collect: ["v", "n"] }, { v: [true, true], n: [1, 2] }],
    ["", { string: "o", boolean: "v", collect: ["o", "v", "n"] }, { o: [], v: [] }],
    ["--v=false", { boolean: "v", collect: "v" }, { v: [false] }],
    ["--s 1 --s 2", {}, { s: 2 }],
  ],
  "turns negatable options off": [
    ["--no-color true", { negatable: "color" }, { color: false, _: ["true"] }],
    ["--no-c --c", { boolean: "c", negatable: "c" }, { c: true }],
    ["--o 1 --no-o", { string: "o", collect: "o", negatable: "o" }, { o: false }],
    ["--no-all", {}, { "no-all": true }],
  ],
  "takes the arguments after -- for operands": [
    ["--all -- --x 7", {}, { all: true, _: ["--x", "7"] }],
    ["in -- --x 7", { "--": true }, { _: ["in"], "--": ["--x", "7"] }],
    ["in", { "--": true }, { _: ["in"], "--": [] }],
  ],
  "ends the options at the first operand if asked to": [
    ["-a check --x 7 -- -y", { boolean: "a", stopEarly: true }, {
      a: true,
      _: ["check", "--x", "7", "-y"],
    }],
    ["-a b b -c", { stopEarly: true }, { a: "b", _: ["b", "-c"] }],
  ],
  "makes objects of names with dots": [
    ["--a.b 3 --a.c.d=x --a.c.e", {}, { a: { b: 3, c: { d: "x", e: true } } }],
    ["", { boolean: "a.b", default: { "c.d": 1 } }, { a: { b: false }, c: { d: 1 } }],
    ["--c.d 1", { alias: { "c.d": "e.f" } }, { c: { d: 1 }, e: { f: 1 } }],
  ],
  "takes names that objects are born with, but none that leads to a prototype": [
    ["--toString --valueOf x", {}, { toString: true, valueOf: "x" }],
    ["--__proto__.x=1 --constructor x --a.__proto__.x=1", {}, { a: {} }],
  ],
};

for (const [name, cases] of Object.entries(TESTS)) {
  Deno.test(`parseArgs() ${name}`, () => {
    for (const [args, options, expected] of cases) {
      const result: unknown = parseArgs(args.split(" ").filter(Boolean), options);
      assertEquals(result, { _: [], ...expected }, args);
      assertEquals(({} as Record<string, unknown>).x, undefined);
    }
  });
}

Deno.test("parseArgs() leaves out of the result each option and operand that unknown refuses", () => {
  const calls: unknown[] = [];
  const flags = parseArgs(
    [
      "--all",
      "--sed=7",
      "in",
      "-ok",
      "--alias",
      "-s",
      "9",
      "--no-x",
      "--kept",
      "--",
      "tail",
    ],
    {
      boolean: ["all", "x"],
      string: "s",
      collect: "o",
      negatable: "x",
      alias: { s: "alias" },
      unknown: (...call) => {
        calls.push(call);
        return call[0] === "--kept";
      },
    },
  );
  assertEquals(calls, [["--sed=7", "sed", "7"], ["in"], ["-ok", "k", true], [
    "--kept",
    "kept",
    true,
  ]]);
  const expected = {
    all: true,
    o: [true],
    alias: "9",
    s: "9",
    x: false,
    kept: true,
    _: ["tail"],
  };
  assertEquals<unknown>(flags, expected);
});

Deno.test("parseArgs() throws where there is no place for a value", () => {
  assertThrows(() => parseArgs(["--_=1"]), TypeError);
  assertThrows(() => parseArgs(["--a=1", "--a.b=2"]), TypeError);
  assertThrows(
    () => parseArgs([], { alias: { h: undefined } }),
    TypeError,
    "must be defined",
  );
});

Deno.test("parseArgs() types what may be missing, off or of another kind", () => {
  const flags = parseArgs([] as readonly string[], {
    string: ["seed", "trace", "list", "a.b"],
    boolean: ["all", "v", "c.d"],
    collect: ["list"],
    negatable: ["trace"],
    default: { seed: null, all: 3 },
    alias: { v: ["verbose"] },
    "--": true,
  });
  const seed: string | null = flags.seed;
  const trace: string | false | undefined = flags.trace;
  const list: string[] = flags.list;
  const dotted: (string | boolean | undefined)[] = [flags.a?.b, flags.c.d];
  const all: boolean | number = flags.all;
  const verbose: boolean = flags.verbose;
  const other: unknown = flags.other;
  const tail: string[] = flags["--"];
  assertEquals([seed, trace, list, ...dotted], [
    null,
    undefined,
    [],
    undefined,
    false,
  ]);
  assertEquals([all, verbose, other, tail], [3, false, undefined, []]);
});

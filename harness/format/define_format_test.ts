import { assertEquals, assertThrows } from "@std/assert";
import { bindingFor, defineFormat, type FormatDefinition } from "./define_format.ts";
import { explore } from "./explore.ts";
import { mapFormat, rawDefinition, rawFormat, writeAt } from "./toy_formats_testing.ts";

Deno.test("a definition that is wrong is refused, and the field is named", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["name", ""],
    ["name", "two words"],
    ["name", "a/b"],
    ["sizeBytes", 0],
    ["sizeBytes", 100],
    ["sizeBytes", "512"],
    ["create", new Uint8Array(512)],
    ["open", undefined],
    ["read", undefined],
    ["write", undefined],
    ["flush", undefined],
    ["close", true],
    ["check", "no"],
    ["unitBytes", 500],
    ["unitBytes", 0],
    ["alignmentBytes", 2],
    ["tableBytes", 100],
    ["preparedBytes", 100],
    ["preparedBytes", 1 << 20],
    ["otherFiles", 1],
    ["postRecoveryWrites", {}],
  ];
  for (const [field, value] of cases) {
    const definition = { ...rawDefinition(), [field]: value } as FormatDefinition<void>;
    const error = assertThrows(() => defineFormat(definition), TypeError);
    assertEquals(error.message.split(" is ")[0], `Cannot define a format: '${field}'`);
  }
});

Deno.test("a value of the wrong kind is shown in few characters", () => {
  const definition = { ...rawDefinition(), create: new Uint8Array(1 << 20) };
  const define = () => defineFormat(definition as unknown as FormatDefinition<void>);
  const { message } = assertThrows(define, TypeError);
  assertEquals(message, "Cannot define a format: 'create' is a Uint8Array: must be a function");
});

Deno.test("a misspelt field is refused, and so is a range behind the end", () => {
  const misspelt = { ...rawDefinition(), dicard() {} } as FormatDefinition<void>;
  assertThrows(() => defineFormat(misspelt), TypeError, "'dicard' is not a field");
  const postRecoveryWrites = [{ offsetBytes: 4 * 512, lengthBytes: 512 }];
  assertThrows(
    () => defineFormat({ ...rawDefinition(), postRecoveryWrites }),
    TypeError,
    "'postRecoveryWrites[0]'",
  );
});

Deno.test("an object of a class may have fields of its own", () => {
  class Disk implements FormatDefinition<void> {
    readonly name = "disk";
    readonly sizeBytes = 512;
    readonly #raw = rawDefinition();
    readonly flushes = true;
    create = () => new Uint8Array(512);
    open = () => this.#raw.open();
    read = (_: void, at: number, into: Uint8Array) => this.#raw.read(_, at, into);
    write = (_: void, at: number, bytes: Uint8Array) => this.#raw.write(_, at, bytes);
    flush = () => this.#raw.flush();
  }
  explore(defineFormat(new Disk())).assertClean();
});

Deno.test("only formats that were defined can be explored", () => {
  assertThrows(() => explore({} as never), TypeError, "format must come from defineFormat");
  assertThrows(() => explore(undefined as never), TypeError, "format must come from defineFormat");
});

Deno.test("the steps that workloads take follow from the methods there are", () => {
  const kinds = (definition: FormatDefinition<void>) =>
    [...bindingFor(defineFormat(definition)).shape.kinds].sort();
  assertEquals(kinds(rawDefinition()), ["flush", "reopen", "write"]);
  const rich = { ...rawDefinition(), *grow() {}, *discard() {}, *writeZeroes() {} };
  assertEquals(kinds(rich), ["discard", "flush", "grow", "reopen", "write", "zero"]);
});

Deno.test("what no step touches is written after recovery: the first and the last unit of it", () => {
  const { postRecoveryWrites } = bindingFor(rawFormat()).targetFor([writeAt(0)]);
  assertEquals(postRecoveryWrites.map(({ offsetBytes }) => offsetBytes / 512), [1, 3]);
  assertEquals(bindingFor(rawFormat()).targetFor([writeAt(0, 3)]).postRecoveryWrites.length, 1);
  assertEquals(bindingFor(rawFormat()).targetFor([writeAt(0, 4)]).postRecoveryWrites, []);
});

Deno.test("a prepared disk holds data before each workload, and losing it is a violation", () => {
  const definition = { ...rawDefinition(), preparedBytes: 512 };
  assertEquals(explore(defineFormat(definition), { steps: 2 }).verdict, "clean");
  const forgetful = { ...definition, *read() {} }; // all zeroes, whatever was there
  const [finding] = explore(defineFormat(forgetful), { steps: 1 }).findings;
  assertEquals(finding.violation.kind, "wrong-data");
});

Deno.test("invariants that a check finds broken are violations", () => {
  const checking = defineFormat({
    ...rawDefinition(),
    // deno-lint-ignore require-yield -- nothing is read
    *check() {
      return ["the map is torn"];
    },
  });
  const [finding] = explore(checking, { steps: 1 }).findings;
  assertEquals([finding.violation.kind, finding.violation.subject], [
    "inconsistent",
    "the map is torn",
  ]);
});

Deno.test("writes after recovery must not change what was there", () => {
  explore(mapFormat(), { steps: 2 }).assertClean();
});

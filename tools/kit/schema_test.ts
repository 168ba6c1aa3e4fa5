import { assertEquals, assertThrows } from "@std/assert";
import * as v from "valibot";
import {
  count,
  listOf,
  mapOf,
  numberFrom,
  objectRule,
  oneOf,
  parseJson,
  type Schema,
  text,
} from "./schema.ts";
import { UsageError } from "./usage_error.ts";

interface Example {
  readonly name: string;
  readonly choices: readonly number[];
  readonly bits?: Readonly<Record<string, number>>;
  readonly kind?: "short" | "long";
}

const entries = {
  name: text,
  choices: listOf(count),
  bits: v.exactOptional(mapOf(numberFrom(0, 1))),
  kind: v.exactOptional(oneOf("short", "long")),
};
const example: Schema<Example> = v.strictObject(entries, objectRule(Object.keys(entries)));

const parse = (json: unknown) => parseJson(example, JSON.stringify(json), { source: "a.json" });

Deno.test("a good text gives its value, changed by the reviver", () => {
  const good = { name: "x", choices: [0, 7], bits: { a: 1 }, kind: "long" as const };
  assertEquals(parse(good), good);
  const reviver = (_key: string, value: unknown) => value === "old" ? "new" : value;
  const options = { source: "a.json", reviver };
  assertEquals(parseJson(example, '{"name":"old","choices":[]}', options).name, "new");
});

for (
  const [json, message] of [
    [{ name: "x", choices: [2.5] }, "choices[0] is 2.5: must be a whole number from 0 on"],
    [{ name: "x", choices: [0, -1] }, "choices[1] is -1: must be a whole number from 0 on"],
    [{ name: "x", choices: [], bits: { a: 2 } }, "bits.a is 2: must be a whole number from 0 to 1"],
    [{ name: "x", choices: [], kind: "old" }, 'kind is "old": must be one of short, long'],
    [{ name: 1, choices: [] }, "name is 1: must be a text"],
    [{ choices: [] }, "name is missing"],
    [{ name: "x", choices: [], nmae: 1 }, "nmae is 1: unknown field (did you mean 'name'?)"],
    [{ name: "x", choices: [], zzzz: 1 }, "zzzz is 1: unknown field, not one of name, choices,"],
    [null, "the content is null: must be an object"],
  ] as const
) {
  Deno.test(`a wrong field is named by its path: ${message}`, () => {
    assertThrows(() => parse(json), UsageError, `a.json: ${message}`);
  });
}

Deno.test("a text that is no JSON is refused", () => {
  const options = { source: "a.json" };
  assertThrows(() => parseJson(example, "{", options), UsageError, "a.json: ");
});

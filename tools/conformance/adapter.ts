import * as v from "valibot";
import { listOf, mapOf, objectRule, oneOf, parseJson, type Schema, text } from "../kit/schema.ts";
import { UsageError } from "../kit/usage_error.ts";

/** The commands that an implementation may have; a test whose command is missing is left out. */
const COMMAND_NAMES = [
  "open",
  "check",
  "map",
  "contents",
  "read",
  "write",
  "repair",
  "create",
  "createOver",
] as const;

/** One of them. */
export type CommandName = typeof COMMAND_NAMES[number];

/** The placeholders that each command may have; all may have `{deno}` and `{root}`. */
const PLACEHOLDERS: Readonly<Record<CommandName, readonly string[]>> = {
  open: ["image"],
  check: ["image"],
  map: ["image"],
  contents: ["image", "output"],
  read: ["image", "output", "offset", "length", "byte"],
  write: ["image", "offset", "length", "byte"],
  repair: ["image"],
  create: ["image", "size", "cluster_size", "table_size"],
  createOver: ["image", "size", "cluster_size", "table_size", "backing", "backing_format"],
};

/** The fields that a test can compare, for `keys`. */
export const KEYS = {
  open: ["image_size", "cluster_size", "table_size", "backing_file", "backing_format", "dirty"],
  check: ["corruptions", "leaks", "total", "allocated", "fragmented"],
} as const;

/** The meanings of the exit code of a check. */
const VERDICTS = ["clean", "corruptions", "leaks", "failed"] as const;
const CAPABILITIES = ["rfc layout"] as const;

/** How to call a command and how to read its output. */
export interface CommandTemplate {
  /** Program and arguments, with placeholders. */
  readonly run: readonly string[];
  /** The place of each field in the JSON on standard output: keys with dots between them. */
  readonly keys: Readonly<Record<string, string>>;
  /** The meaning of exit codes. */
  readonly exit: Readonly<Record<string, string>>;
  /** The text that a refusal must contain, with `{field}`, `{offset}` and `{value}`. */
  readonly refusal?: string;
}

/** A known difference of an implementation. */
export interface KnownDifference {
  /** Why, and who is right. */
  readonly why: string;
  /** Where there is more about it: an address, or a file seen from docs/. */
  readonly see?: string;
  /** For each test, the result of the implementation, word by word. */
  readonly tests: Readonly<Record<string, string>>;
}

/** How to run an implementation of QED. */
export interface Adapter {
  /** Its name. */
  readonly name: string;
  /** A line about it. */
  readonly about: string;
  /** The words for each placeholder of a program. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
  /** The command that prints its version on the first line. */
  readonly version?: readonly string[];
  /** How the version begins that the differences were found in. */
  readonly differencesOf?: string;
  /** Capabilities that it lacks; their tests are left out. */
  readonly lacks: readonly string[];
  /** Its commands. */
  readonly commands: Readonly<Partial<Record<CommandName, CommandTemplate>>>;
  /** Its known differences. */
  readonly differences: readonly KnownDifference[];
}

/** An object in which a misspelt field would silently leave out tests. */
function strict<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, objectRule(Object.keys(entries)));
}

/** A list of texts; empty if it is not given. */
const words = listOf(text);

function commandSchema(name: CommandName): Schema<CommandTemplate> {
  const keys: readonly string[] = name === "open" || name === "check" ? KEYS[name] : [];
  const key = v.picklist(keys, `must be one of ${keys.join(", ") || "none"}`);
  const code = v.pipe(v.string(), v.regex(/^\d{1,3}$/, "must be an exit code"));
  return strict({
    run: v.pipe(words, v.minLength(1, "must name a program")),
    keys: v.optional(v.record(key, text, "must be an object"), {}),
    exit: v.optional(v.record(code, oneOf(...VERDICTS), "must be an object"), {}),
    refusal: v.exactOptional(text),
  });
}

const commands = strict(Object.fromEntries(
  COMMAND_NAMES.map((name) => [name, v.exactOptional(commandSchema(name))]),
));

const schema: Schema<Adapter> = strict({
  name: text,
  about: v.optional(text, ""),
  programs: v.optional(mapOf(words), {}),
  version: v.exactOptional(words),
  differencesOf: v.exactOptional(text),
  lacks: v.optional(listOf(oneOf(...CAPABILITIES)), []),
  commands,
  differences: v.optional(
    listOf(strict({ why: text, see: v.exactOptional(text), tests: mapOf(text) })),
    [],
  ),
});

/**
 * Read an adapter from JSON. `source` is its name in messages. Throws {@linkcode UsageError} with the
 * field that is wrong, also for unknown fields: a misspelt one would silently leave out tests.
 */
export function parseAdapter(json: string, source: string): Adapter {
  const adapter = parseJson(schema, json, { source });
  const programs = Object.keys(adapter.programs);
  for (const name of COMMAND_NAMES) {
    const known = [...PLACEHOLDERS[name], "deno", "root", ...programs];
    const run = adapter.commands[name]?.run ?? [];
    for (const [, placeholder] of run.join(" ").matchAll(/\{(\w+)\}/g)) {
      if (known.includes(placeholder)) continue;
      throw new UsageError(
        `${source}: commands.${name}.run has {${placeholder}}, not one of {${known.join("}, {")}}`,
      );
    }
  }
  return adapter;
}

import { UsageError } from "../kit/usage_error.ts";

/** The commands that an implementation may have; a test whose command is missing is left out. */
export const COMMAND_NAMES = [
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

/** What `keys` may name: the fields that a test can compare. */
export const KEYS = {
  open: ["image_size", "cluster_size", "table_size", "backing_file", "backing_format", "dirty"],
  check: ["corruptions", "leaks", "total", "allocated", "fragmented"],
} as const;

/** What the exit code of a check may mean. */
const VERDICTS = ["clean", "corruptions", "leaks", "failed"];
const CAPABILITIES = ["rfc layout"];

/** How to call a command and how to understand what it says. */
export interface CommandTemplate {
  /** Program and arguments, with placeholders. */
  readonly run: readonly string[];
  /** Where in the JSON on standard output a field is: keys, with dots between them. */
  readonly keys: Readonly<Record<string, string>>;
  /** What exit codes mean. */
  readonly exit: Readonly<Record<string, string>>;
  /** What must be in the words of a refusal, with `{field}`, `{offset}` and `{value}`. */
  readonly refusal?: string;
}

/** Something that an implementation is known to do otherwise. */
export interface KnownDifference {
  /** Why, and who is right. */
  readonly why: string;
  /** Where there is more about it: an address, or a file seen from docs/. */
  readonly see?: string;
  /** Each test and what the implementation makes of it, word by word. */
  readonly tests: Readonly<Record<string, string>>;
}

/** An implementation of QED, as the runner sees it. */
export interface Adapter {
  /** Its name. */
  readonly name: string;
  /** What it is, in a line. */
  readonly about: string;
  /** What a placeholder for a program stands for. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
  /** The command that tells its version on the first line. */
  readonly version?: readonly string[];
  /** How the version begins that the differences were found in. */
  readonly differencesOf?: string;
  /** What it does not have, and is not asked for. */
  readonly lacks: readonly string[];
  /** Its commands. */
  readonly commands: Readonly<Partial<Record<CommandName, CommandTemplate>>>;
  /** What it is known to do otherwise. */
  readonly differences: readonly KnownDifference[];
}

/**
 * Understand an adapter's JSON text. `source` is named in messages. Throws
 * {@linkcode UsageError} for whatever is not as it must be: a key that is misspelled would leave
 * tests out without a word.
 */
export function parseAdapter(text: string, source: string): Adapter {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${source}: ${(error as Error).message}`);
  }
  const reader = new Reader(source);
  const top = reader.object(json, "the adapter", [
    "name",
    "about",
    "programs",
    "version",
    "differencesOf",
    "lacks",
    "commands",
    "differences",
  ]);
  const programs = reader.entries(top.programs ?? {}, "programs").map(([name, words]) =>
    [name, reader.words(words, `programs.${name}`)] as const
  );
  const programNames = programs.map(([name]) => name);
  const commands = reader.object(top.commands, "commands", COMMAND_NAMES);
  return {
    name: reader.text(top.name, "name"),
    about: reader.text(top.about ?? "", "about"),
    programs: Object.fromEntries(programs),
    ...(top.version !== undefined && { version: reader.words(top.version, "version") }),
    ...(top.differencesOf !== undefined &&
      { differencesOf: reader.text(top.differencesOf, "differencesOf") }),
    lacks: reader.words(top.lacks ?? [], "lacks", CAPABILITIES),
    commands: Object.fromEntries(
      Object.entries(commands).map(([name, command]) => [
        name,
        parseCommand(reader, command, name as CommandName, programNames),
      ]),
    ),
    differences: parseDifferences(reader, top.differences ?? []),
  };
}

function parseCommand(
  reader: Reader,
  json: unknown,
  name: CommandName,
  programs: readonly string[],
): CommandTemplate {
  const at = `commands.${name}`;
  const command = reader.object(json, at, ["run", "keys", "exit", "refusal"]);
  const run = reader.words(command.run, `${at}.run`);
  const known = [...PLACEHOLDERS[name], "deno", "root", ...programs];
  for (const [, placeholder] of run.join(" ").matchAll(/\{(\w+)\}/g)) {
    if (!known.includes(placeholder)) {
      reader.refuse(`${at}.run`, `has {${placeholder}}, not one of {${known.join("}, {")}}`);
    }
  }
  if (run.length === 0) reader.refuse(`${at}.run`, "must name a program");
  const exit = reader.texts(command.exit ?? {}, `${at}.exit`);
  for (const [code, verdict] of Object.entries(exit)) {
    if (!/^\d{1,3}$/.test(code) || !VERDICTS.includes(verdict)) {
      reader.refuse(`${at}.exit`, `must have exit codes and one of ${VERDICTS.join(", ")}`);
    }
  }
  const keys = reader.texts(command.keys ?? {}, `${at}.keys`);
  const knownKeys: readonly string[] = name === "open" || name === "check" ? KEYS[name] : [];
  const unknownKey = Object.keys(keys).find((key) => !knownKeys.includes(key));
  if (unknownKey !== undefined) reader.refuse(`${at}.keys`, `has no "${unknownKey}"`);
  return {
    run,
    keys,
    exit,
    ...(command.refusal !== undefined &&
      { refusal: reader.text(command.refusal, `${at}.refusal`) }),
  };
}

function parseDifferences(reader: Reader, json: unknown): KnownDifference[] {
  if (!Array.isArray(json)) return reader.refuse("differences", "must be an array");
  return json.map((each, index) => {
    const at = `differences[${index}]`;
    const difference = reader.object(each, at, ["why", "see", "tests"]);
    return {
      why: reader.text(difference.why, `${at}.why`),
      ...(difference.see !== undefined && { see: reader.text(difference.see, `${at}.see`) }),
      tests: reader.texts(difference.tests, `${at}.tests`),
    };
  });
}

/** Takes JSON apart and says where something is wrong with it. */
class Reader {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  refuse(place: string, rule: string): never {
    throw new UsageError(`${this.#source}: ${place} ${rule}`);
  }

  text(json: unknown, place: string): string {
    return typeof json === "string" ? json : this.refuse(place, "must be a string");
  }

  words(json: unknown, place: string, known?: readonly string[]): string[] {
    if (!Array.isArray(json) || json.some((each) => typeof each !== "string")) {
      return this.refuse(place, "must be an array of strings");
    }
    const unknown = known && json.find((each) => !known.includes(each));
    if (unknown !== undefined) this.refuse(place, `has "${unknown}", not ${known?.join(", ")}`);
    return json;
  }

  entries(json: unknown, place: string): [string, unknown][] {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      return this.refuse(place, "must be an object");
    }
    return Object.entries(json);
  }

  texts(json: unknown, place: string): Record<string, string> {
    const entries = this.entries(json, place);
    return Object.fromEntries(
      entries.map(([key, value]) => [key, this.text(value, `${place}.${key}`)]),
    );
  }

  object(json: unknown, place: string, known: readonly string[]): Record<string, unknown> {
    const entries = this.entries(json, place);
    const unknown = entries.find(([key]) => !known.includes(key));
    if (unknown) this.refuse(place, `has "${unknown[0]}", not one of ${known.join(", ")}`);
    return Object.fromEntries(entries);
  }
}

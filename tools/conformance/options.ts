import { parseArgs } from "@std/cli/parse-args";
import { joinValues } from "../kit/join_values.ts";
import { UsageError } from "../kit/usage_error.ts";
import { SHIPPED } from "./load_adapter.ts";

/** What the command line asks for. */
export interface Options {
  /** Adapters, by name or file. */
  readonly adapters: readonly string[];
  /** Whether they were named, so that one that is missing is a failure. */
  readonly isNamed: boolean;
  /** Whether a test is asked for, by its name. */
  readonly wants: (testName: string) => boolean;
  /** What to print. */
  readonly output: "text" | "json" | "markdown" | "list" | "help";
  /** Where to write JUnit XML. */
  readonly junit: string | undefined;
  /** Where to write all files. */
  readonly exportTo: string | undefined;
  /** How many cases at a time. */
  readonly jobs: number;
  /** How long a command may run. */
  readonly seconds: number | undefined;
}

/** Understand the command line. Throws {@linkcode UsageError}. */
export function parseOptions(args: readonly string[]): Options {
  const strings = ["adapter", "only", "junit", "export", "jobs", "seconds"] as const;
  const outputs = ["json", "markdown", "list"] as const;
  const parsed = parseArgs(joinValues(args, strings.map((name) => `--${name}`)), {
    string: strings,
    boolean: [...outputs, "help"],
    collect: ["adapter"],
    alias: { h: "help" },
    unknown: (arg) => {
      throw new UsageError(`What is '${arg}'?`);
    },
  });
  for (const name of strings) {
    const given = parsed[name];
    if (given === "" || (Array.isArray(given) && given.includes(""))) {
      throw new UsageError(`--${name} needs a value`);
    }
  }
  const wanted = outputs.filter((name) => parsed[name]);
  if (wanted.length > 1) throw new UsageError(`--${wanted[0]} does not go with --${wanted[1]}`);
  const isNamed = parsed.adapter.length > 0;
  return {
    adapters: isNamed ? parsed.adapter : SHIPPED,
    isNamed,
    wants: matcher(parsed.only ?? "*"),
    output: parsed.help ? "help" : wanted[0] ?? "text",
    junit: parsed.junit,
    exportTo: parsed.export,
    jobs: count("jobs", parsed.jobs) ?? 2,
    seconds: count("seconds", parsed.seconds),
  };
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new UsageError(`--${name} must be a number from 1 to 9999, not '${text}'`);
  }
  return Number(text);
}

/** Whether a name has the pattern in it, in which `*` stands for anything. */
function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  const expression = new RegExp(parts.join(".*"));
  return (name) => expression.test(name);
}

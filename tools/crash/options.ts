import type { Option } from "../kit/command.ts";
import type { Io } from "../kit/io.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";
import type { ReportRequest } from "./report/write_report.ts";

/** Where replay files and findings go if `--save` is not given. */
const DEFAULT_FOLDER = "crash-findings";

/** `--json`. */
export const JSON_OUTPUT: Option<"json"> = {
  long: "json",
  help: "print JSON, with the replay files in it instead of saving them",
};

/** `--report`. */
export const REPORT: Option<"report"> = {
  long: "report",
  value: "FILE.html",
  help: "write an HTML report as well",
};

/** `--save`. */
export const SAVE: Option<"save"> = {
  long: "save",
  value: "DIR",
  help: `where replay files and findings go (${DEFAULT_FOLDER})`,
};

/** `--no-save`. */
export const NO_SAVE: Option<"no-save"> = {
  long: "no-save",
  help: "do not write replay files or findings",
};

/** `--save` and `--no-save` exclude each other. */
export const SAVE_CONFLICT = ["save", "no-save"] as const;

/** `--preset`, with the default in its help. */
export function presetOption(help: string): Option<"preset"> {
  return { long: "preset", value: "P", help };
}

/** `--workers`. */
export const WORKERS: Option<"workers"> = {
  long: "workers",
  value: "N",
  help: "number of workers (one for each core); the result is the same",
};

/** The options of a search. */
export const SEARCH_OPTIONS = [
  {
    long: "engine",
    value: "E",
    help:
      "lazy (every state, without visiting each), brute (each state is built and checked byte by " +
      "byte; small spaces only), sampled or deepening (for spaces that are too large); (lazy)",
  },
  { long: "depth", value: "N", help: "crashes in a row, those of recoveries included (2)" },
  WORKERS,
  {
    long: "budget",
    value: "B",
    help: "stop after this many recoveries (10000) or this long (30s, 5m)",
  },
  {
    long: "shard",
    value: "I/N",
    help: "explore only shard I of N, and write the result to --out FILE",
  },
  { long: "out", value: "FILE", help: "write the work done to a file, for --resume and merge" },
  { long: "resume", value: "FILE", help: "continue the work that --out FILE has written" },
  { long: "samples", value: "K", help: "number of states to sample (10000)" },
  { long: "seed", value: "S", help: "seed of the samples (1)" },
] as const satisfies readonly Option[];

/** The names of the options that {@linkcode outputOf} reads. */
type OutputName = "json" | "report" | "save" | "no-save";

/** Which preset and profile to use instead of those that a scenario names. */
export interface Overrides {
  /** The name of the fault preset. */
  readonly preset?: string;
  /** The name of the ordering profile. */
  readonly profile?: string;
}

/** Read the options that replace the preset and the profile of a scenario. */
export function overridesOf(args: ParsedArgs<"preset" | "profile">): Overrides {
  const preset = args.value("preset");
  const profile = args.value("profile");
  return {
    ...(preset !== undefined && { preset }),
    ...(profile !== undefined && { profile }),
  };
}

/** Where the results of a command go. */
export interface OutputOptions {
  /** Whether to print JSON instead of text. */
  readonly json: boolean;
  /** The folder for replay files and findings; undefined for none. */
  readonly saveTo: string | undefined;
  /** The HTML report to write; undefined for none. */
  readonly report: ReportRequest | undefined;
}

/** Read the options that say where results go; `command` is the name of the command, if it has one. */
export function outputOf(
  args: ParsedArgs<OutputName>,
  io: Io,
  command: string | undefined,
): OutputOptions {
  const path = args.value("report");
  return {
    json: args.has("json"),
    saveTo: args.has("no-save") ? undefined : args.value("save") ?? DEFAULT_FOLDER,
    report: path === undefined ? undefined : {
      path,
      commandText: (...words) => io.commandText(...words),
      command: io.commandText("crash", ...(command ? [command] : []), ...args.words),
      date: new Date().toISOString().slice(0, 10),
    },
  };
}

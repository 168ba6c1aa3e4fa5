import { parseArgs } from "@std/cli/parse-args";
import { joinValues } from "../kit/join_values.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";
import { driverLogCommand, driversCommand } from "./drivers_command.ts";
import { EXIT } from "./exit_code.ts";
import { mergeCommand } from "./merge_command.ts";
import { parseSearch, SEARCH_WORDS } from "./search_options.ts";
import { helpText } from "./help.ts";
import { logCommand } from "./log_command.ts";
import { type Output, terminalOutput } from "./output.ts";
import { replayCommand } from "./replay_command.ts";
import { runCommand } from "./run_command.ts";
import { shrinkCommand } from "./shrink_command.ts";
import { sweepCommand } from "./sweep_command.ts";
import { tellError } from "./tell_error.ts";
import { originOf } from "../../scenarios/qed/scenario.ts";
import { UsageError } from "../kit/usage_error.ts";

/** Where replay files go unless told otherwise. */
const DEFAULT_FOLDER = "crash-findings";

/** The clock of budgets, in milliseconds. */
const now = () => performance.now();

/** Run the command line `args` of `deno task crash`. Answers the exit code; throws nothing. */
export async function main(
  args: readonly string[],
  output: Output = terminalOutput(),
): Promise<number> {
  try {
    return await dispatch(args, output);
  } catch (error) {
    return tellError(error, output);
  }
}

function dispatch(args: readonly string[], output: Output): number | Promise<number> {
  const options = parse(args);
  const [command, ...operands] = options._.map(String);
  if (options.help) {
    output.print(helpText());
    return EXIT.OK;
  }
  refuseUnused(command ?? "run", options);
  const saveTo = options.save === false ? undefined : `${options.save ?? DEFAULT_FOLDER}`;
  const { json } = options;
  const report = options.report === undefined ? undefined : {
    path: options.report,
    command: commandOf(args),
    date: new Date().toISOString().slice(0, 10),
  };
  switch (command) {
    case undefined:
    case "run": {
      if (command === "run") need(operands.length > 0, "run: name a scenario");
      const { preset, profile } = options;
      return runCommand({
        names: operands,
        json,
        saveTo,
        report,
        search: parseSearch(options, now),
        ...(preset !== undefined && { preset }),
        ...(profile !== undefined && { profile }),
      }, output);
    }
    case "list":
      need(operands.length === 0, `list: unexpected "${operands[0]}"`);
      for (const each of SCENARIOS) {
        output.print(`${each.name.padEnd(18)} ${originOf(each).padEnd(8)}: ${each.statement}`);
      }
      return EXIT.OK;
    case "replay":
      need(operands.length === 1, "replay: name one file");
      return replayCommand({ path: operands[0], json, report }, output);
    case "shrink":
      need(operands.length === 1, "shrink: name one file");
      return shrinkCommand({ path: operands[0], json, saveTo, report }, output);
    case "log":
      need(operands.length === 1, "log: name one log");
      need(options.base !== undefined, "log: --base IMAGE is missing");
      need(options.format.length < 2, "log: one --format");
      if (formatOfLog(options) !== "qed") {
        return driverLogCommand({
          ...{ log: operands[0], base: `${options.base}`, format: formatOfLog(options) },
          ...{ preset: options.preset, json, saveTo, report },
          processes: parseSearch({ workers: options.workers }, now).workers,
        }, output);
      }
      return logCommand({
        log: operands[0],
        base: `${options.base}`,
        format: "qed",
        preset: options.preset ?? "sectors",
        json,
        saveTo,
        report,
        search: parseSearch(options, now),
      }, output);
    case "drivers":
      return driversCommand({
        // `--format qcow2 vdi`, `--format qcow2,vdi` and `--format qcow2 --format vdi` are the same.
        formats: [...options.format, ...operands].flatMap((names) => names.split(",")),
        preset: options.preset,
        processes: parseSearch({ workers: options.workers }, now).workers,
        json,
        saveTo,
        report,
      }, output);
    case "merge":
      need(operands.length > 0, "merge: name the files to put together");
      return mergeCommand({ paths: operands, json, saveTo, report }, output);
    case "sweep":
      need(operands.length === 0, `sweep: unexpected "${operands[0]}"`);
      return sweepCommand({
        ...options,
        longBacking: options["long-backing"],
        saveTo,
        page: report,
      }, output);
    default:
      throw new UsageError(`unknown command "${command}"`);
  }
}

/** The options that each command takes. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  run: ["preset", "profile", ...SEARCH_WORDS, "save", "report", "json"],
  log: ["base", "format", "preset", ...SEARCH_WORDS, "save", "report", "json"],
  drivers: ["format", "preset", "workers", "save", "report", "json"],
  merge: ["save", "report", "json"],
  replay: ["report", "json"],
  shrink: ["save", "report", "json"],
  sweep: [
    ...[
      "target",
      "profile",
      "preset",
      "layout",
      "backing",
      "long-backing",
      "length",
      "random",
      "seed",
      "swarm",
    ],
    ...["steps", "depth", "most", "seconds", "all", "save", "report", "json"],
  ],
  list: [],
};

function refuseUnused(command: string, options: Readonly<Record<string, unknown>>): void {
  if (!Object.hasOwn(TAKES, command)) return;
  for (const [name, value] of Object.entries(options)) {
    const isNothing = value === undefined || value === false ||
      Array.isArray(value) && value.length === 0;
    const isGiven = !["_", "help", "h"].includes(name) && !isNothing;
    const isNoSave = name === "save" && value === false;
    need(TAKES[command].includes(name) || !(isGiven || isNoSave), `${command} takes no --${name}`);
  }
}

/** Options of `sweep` that have a value. */
const SWEEP_TEXTS = [
  "target",
  "layout",
  "length",
  "random",
  "seed",
  "steps",
  "depth",
  "most",
  "seconds",
] as const;

/** Options that have a value. */
const TEXTS = [
  ...["preset", "profile", "base", "save", "report"] as const,
  ...SEARCH_WORDS,
  ...SWEEP_TEXTS.filter((name) => name !== "depth" && name !== "seed"),
] as const;

function parse(args: readonly string[]) {
  const spellings = [...TEXTS, "format"].map((name) => `--${name}`);
  const options = parseArgs(joinValues(args, spellings), {
    boolean: ["json", "help", "backing", "long-backing", "swarm", "all"],
    string: [...TEXTS, "format"],
    collect: ["format"],
    negatable: ["save"],
    alias: { h: "help" },
    unknown: (name) => {
      if (name.startsWith("-")) throw new UsageError(`unknown option ${name}`);
      return true;
    },
  });
  for (const name of TEXTS) need(options[name] !== "", `--${name} needs a value`);
  const format = options.format.map(String);
  need(!format.includes(""), "--format needs a value");
  return { ...options, format };
}

/** What was typed, to be typed again. */
function commandOf(args: readonly string[]): string {
  const words = args.map((word) => /^[\w./,=:@%+-]+$/.test(word) ? word : `'${word}'`);
  return ["deno task crash", ...words].join(" ");
}

function formatOfLog({ format: [format = "qed"] }: { readonly format: readonly string[] }): string {
  return format;
}

function need(holds: boolean, message: string): void {
  if (!holds) throw new UsageError(message);
}

if (import.meta.main) Deno.exit(await main(Deno.args));

import { parseArgs } from "@std/cli/parse-args";
import { SpaceTooLargeError, TapeError } from "../../harness/mod.ts";
import { HostError } from "../../lib/host/mod.ts";
import { SCENARIOS } from "../catalog.ts";
import { EXIT } from "./exit_code.ts";
import { helpText } from "./help.ts";
import { logCommand } from "./log_command.ts";
import { type Output, terminalOutput } from "./output.ts";
import { replayCommand } from "./replay_command.ts";
import { runCommand } from "./run_command.ts";
import { shrinkCommand } from "./shrink_command.ts";
import { sweepCommand } from "./sweep_command.ts";
import { originOf } from "../support/scenario.ts";
import { UsageError } from "../support/usage_error.ts";

/** Where replay files go unless told otherwise. */
const DEFAULT_FOLDER = "crash-findings";

/** Errors whose reason is what the user asked for. */
const USER_ERRORS = [UsageError, HostError, SpaceTooLargeError, TapeError];

/** Run the command line `args` of `deno task crash`. Answers the exit code; throws nothing. */
export async function main(
  args: readonly string[],
  output: Output = terminalOutput(),
): Promise<number> {
  try {
    return await dispatch(args, output);
  } catch (error) {
    if (USER_ERRORS.some((kind) => error instanceof kind)) {
      output.complain(`crash: ${(error as Error).message}`);
      output.complain("See deno task crash --help.");
      return EXIT.USAGE;
    }
    output.complain("crash: a defect of this program, please report it:");
    output.complain(error instanceof Error ? `${error.stack}` : String(error));
    return EXIT.INTERNAL;
  }
}

function dispatch(args: readonly string[], output: Output): number {
  const options = parse(args);
  const [command, ...operands] = options._.map(String);
  if (options.help) {
    output.print(helpText());
    return EXIT.OK;
  }
  refuseUnused(command ?? "run", options);
  const saveTo = options.save === false ? undefined : `${options.save ?? DEFAULT_FOLDER}`;
  const { json } = options;
  switch (command) {
    case undefined:
    case "run": {
      if (command === "run") need(operands.length > 0, "run: name a scenario");
      const { preset, profile, engine } = options;
      return runCommand({
        names: operands,
        json,
        saveTo,
        ...(preset !== undefined && { preset }),
        ...(profile !== undefined && { profile }),
        ...(engine !== undefined && { engine }),
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
      return replayCommand(operands[0], json, output);
    case "shrink":
      need(operands.length === 1, "shrink: name one file");
      return shrinkCommand({ path: operands[0], json, saveTo }, output);
    case "log":
      need(operands.length === 1, "log: name one log");
      need(options.base !== undefined, "log: --base IMAGE is missing");
      return logCommand({
        log: operands[0],
        base: `${options.base}`,
        format: options.format ?? "qed",
        preset: options.preset ?? "sectors",
        json,
        saveTo,
      }, output);
    case "sweep":
      need(operands.length === 0, `sweep: unexpected "${operands[0]}"`);
      return sweepCommand({ ...options, longBacking: options["long-backing"], saveTo }, output);
    default:
      throw new UsageError(`unknown command "${command}"`);
  }
}

/** The options that each command takes. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  run: ["preset", "profile", "engine", "save", "json"],
  log: ["base", "format", "preset", "save", "json"],
  replay: ["json"],
  shrink: ["save", "json"],
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
    ...["steps", "depth", "most", "seconds", "all", "save", "json"],
  ],
  list: [],
};

function refuseUnused(command: string, options: Readonly<Record<string, unknown>>): void {
  if (!Object.hasOwn(TAKES, command)) return;
  for (const [name, value] of Object.entries(options)) {
    const isGiven = !["_", "help", "h"].includes(name) && value !== undefined && value !== false;
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

function parse(args: readonly string[]) {
  const options = parseArgs([...args], {
    boolean: ["json", "help", "backing", "long-backing", "swarm", "all"],
    string: ["preset", "profile", "engine", "base", "format", "save", ...SWEEP_TEXTS],
    negatable: ["save"],
    alias: { h: "help" },
    unknown: (name) => {
      if (name.startsWith("-")) throw new UsageError(`unknown option ${name}`);
      return true;
    },
  });
  const texts = ["preset", "profile", "engine", "base", "format", "save", ...SWEEP_TEXTS] as const;
  for (const name of texts) {
    need(options[name] !== "", `--${name} needs a value`);
  }
  return options;
}

function need(holds: boolean, message: string): void {
  if (!holds) throw new UsageError(message);
}

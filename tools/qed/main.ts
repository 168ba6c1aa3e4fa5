/**
 * The image tool: `deno task qed COMMAND ...`.
 *
 * @module
 */
import { describeError, HostError } from "../../lib/chain/mod.ts";
import { FormatError, ImageError } from "../../lib/qed/mod.ts";
import { StorageError } from "../../lib/storage/mod.ts";
import type { Command } from "../kit/command.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, generalHelp } from "../kit/help.ts";
import { type Io, OutputClosedError, systemIo } from "../kit/io.ts";
import { nearest } from "../kit/nearest.ts";
import { parseCommandArgs } from "../kit/parsed_args.ts";
import { UsageError } from "../kit/usage_error.ts";

export type { Io } from "../kit/io.ts";

const USAGE_CODE = 2;

/**
 * Run the tool with `args`, which do not include its name; answers the exit code. What goes wrong
 * is told on standard error in a line or two. It has `commands`, all of this folder if not given.
 */
export async function main(
  args: readonly string[],
  io: Io,
  commands: readonly Command[] = COMMANDS,
): Promise<number> {
  const [word, ...rest] = args;
  if (word === "--help" || word === "-h" || (word === "help" && rest.length === 0)) {
    return print(io, generalHelp(commands));
  }
  const isHelp = word === "help" || rest.slice(0, terminator(rest)).some(isHelpOption);
  const command = findCommand(word === "help" ? rest[0] : word, commands);
  if (!command) return refuseCommand(word === "help" ? rest[0] : word, io, commands);
  if (isHelp) return print(io, commandHelp(command));
  try {
    return await command.run(parseCommandArgs(command, rest), io);
  } catch (error) {
    return failureCode(command, error, io);
  }
}

function isHelpOption(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

function terminator(args: readonly string[]): number {
  const index = args.indexOf("--");
  return index < 0 ? args.length : index;
}

function findCommand(
  word: string | undefined,
  commands: readonly Command[],
): Command | undefined {
  return commands.find((command) => command.name === word);
}

function print(io: Io, text: string): number {
  io.print(text);
  return 0;
}

function refuseCommand(word: string | undefined, io: Io, commands: readonly Command[]): number {
  if (word === undefined) {
    io.complain(generalHelp(commands));
    return USAGE_CODE;
  }
  const likely = nearest(word, commands.map((command) => command.name));
  const hint = likely ? `; did you mean '${likely}'?` : "";
  io.complain(`qed: There is no command '${word}'${hint}\nTry 'qed --help'.\n`);
  return USAGE_CODE;
}

function failureCode(command: Command, error: unknown, io: Io): number {
  if (error instanceof OutputClosedError) return 1;
  if (error instanceof UsageError) {
    io.complain(`qed ${command.name}: ${error.message}\nTry 'qed ${command.name} --help'.\n`);
    return USAGE_CODE;
  }
  io.complain(`qed ${command.name}: ${explain(error)}\n`);
  return command.failureCode ?? 1;
}

function explain(error: unknown): string {
  const isExpected = [HostError, FormatError, ImageError, StorageError]
    .some((kind) => error instanceof kind);
  if (isExpected || isSystemError(error)) return describeError(error);
  if (error instanceof RangeError) return `Not enough memory: ${error.message}`;
  return `Internal error, please report it: ${describeError(error)}`;
}

/** Whether the operating system refused something: it has a short name for the reason. */
function isSystemError(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(String((error as { code?: unknown } | null)?.code));
}

if (import.meta.main) Deno.exit(await main(Deno.args, systemIo()));

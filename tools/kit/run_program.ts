import type { Command, CommandGroup, FailureOf, Program } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { type Io, OutputClosedError } from "./io.ts";
import { didYouMean } from "./nearest.ts";
import { parseCommandArgs } from "./parsed_args.ts";
import { UsageError } from "./usage_error.ts";

/** The groups that a program belongs to. */
interface Context {
  /** Their names. */
  readonly path: readonly string[];
  /** Explains errors. */
  readonly failureOf: FailureOf | undefined;
}

/**
 * Run a program with the arguments that follow its name, and report errors on standard error.
 * Returns the exit code and throws nothing.
 */
export async function runProgram(
  program: Program,
  args: readonly string[],
  io: Io,
): Promise<number> {
  try {
    return await runInContext(program, args, io, { path: [], failureOf: undefined });
  } catch (error) {
    // A program could not be loaded, or its help could not be printed.
    if (error instanceof OutputClosedError) return EXIT.FINDING;
    if (error instanceof UsageError) return refuse(io, [], error.message);
    return reportDefect(io, "powercut", error);
  }
}

async function runInContext(
  program: Program,
  args: readonly string[],
  io: Io,
  context: Context,
): Promise<number> {
  const { path } = context;
  if ("load" in program) return await runInContext(await program.load(), args, io, context);
  const words = [...path, program.name].filter((word) => word !== "");
  const failureOf = program.failureOf ?? context.failureOf;
  if ("run" in program) return await new Call(program, words, io, failureOf).run(args);
  const { word, rest } = splitCommand(program, args);
  const isHelp = word === undefined && isHelpWanted(args) || word === "help" && rest.length === 0;
  if (isHelp) return print(io, await groupHelp(program, invocation(io, words)));
  if (word === "help") {
    return await runInContext(program, [...rest, "--help"], io, context);
  }
  const command = program.commands.find(({ name }) => name === word);
  if (command) return await runInContext(command, rest, io, { failureOf, path: words });
  if (word === undefined && program.fallback) {
    return await new Call(program.fallback, words, io, failureOf).run(args);
  }
  return refuse(io, words, wrongWord(program, word, args));
}

function wrongWord(
  { commands }: CommandGroup,
  word: string | undefined,
  [first]: readonly string[],
): string {
  const names = commands.map(({ name }) => name);
  if (word !== undefined) return `unknown command '${word}'${didYouMean(word, names)}`;
  if (first === undefined) return `missing operand COMMAND: must be one of ${names.join(", ")}`;
  return `unknown option '${first}'${didYouMean(first, ["--help", "-h"])}`;
}

/** A command, and the words that call it. */
class Call {
  readonly #command: Command;
  readonly #words: readonly string[];
  readonly #io: Io;
  readonly #failureOf: FailureOf | undefined;

  constructor(
    command: Command,
    words: readonly string[],
    io: Io,
    failureOf: FailureOf | undefined,
  ) {
    this.#command = command;
    this.#words = words;
    this.#io = io;
    this.#failureOf = failureOf;
  }

  async run(args: readonly string[]): Promise<number> {
    const io = this.#io;
    try {
      if (isHelpWanted(args)) {
        return print(io, await commandHelp(this.#command, invocation(io, this.#words)));
      }
      return await this.#command.run(parseCommandArgs(this.#command, args), io);
    } catch (error) {
      return this.#report(error);
    }
  }

  #report(error: unknown): number {
    if (error instanceof OutputClosedError) return EXIT.FINDING;
    if (error instanceof UsageError) return refuse(this.#io, this.#words, error.message);
    const failure = this.#failureOf?.(error, this.#command);
    const name = this.#words.join(" ");
    if (failure) {
      this.#io.printError(`${name}: ${failure.message}`);
      return failure.code;
    }
    return reportDefect(this.#io, name, error);
  }
}

function reportDefect(io: Io, name: string, error: unknown): number {
  io.printError(`${name}: a defect of Powercut, please report it:`);
  io.printError(error instanceof Error ? `${error.stack}` : String(error));
  return EXIT.INTERNAL;
}

function refuse(io: Io, words: readonly string[], message: string): number {
  io.printError(`${words.join(" ") || "powercut"}: ${message}`);
  io.printError(`Try '${invocation(io, words)} --help'.`);
  return EXIT.USAGE;
}

function print(io: Io, text: string): number {
  io.print(text);
  return EXIT.OK;
}

/** How the user calls a program: `powercut qed check`, or `deno task qed check`. */
function invocation(io: Io, words: readonly string[]): string {
  return [io.invocation, ...words].join(" ");
}

function isHelpWanted(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end)
    .some((arg) => arg === "--help" || arg === "-h");
}

/** The first word that is no option, nor the value of one; options may come before the command. */
function splitCommand(
  { commands, fallback }: CommandGroup,
  args: readonly string[],
): { word: string | undefined; rest: readonly string[] } {
  const options = [...commands, ...(fallback ? [fallback] : [])]
    .flatMap((command) => "options" in command ? command.options : []);
  const takesNext = (arg: string) =>
    options.some(({ short, long, value }) =>
      value !== undefined && (arg === `--${long}` || short !== undefined && arg === `-${short}`)
    );
  for (let at = 0; at < args.length; at++) {
    if (args[at] === "--") break;
    if (takesNext(args[at])) at++;
    else if (!args[at].startsWith("-")) return { word: args[at], rest: args.toSpliced(at, 1) };
  }
  return { word: undefined, rest: args };
}

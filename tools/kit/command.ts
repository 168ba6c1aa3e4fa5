import type { ExitCodeRow } from "./exit_codes.ts";
import type { Io } from "./io.ts";
import type { ParsedArgs } from "./parsed_args.ts";

/** An option of a command. */
export interface Option<Name extends string = string> {
  /** The name after `--`, also the one the command asks for it by. */
  readonly long: Name;
  /** The letter after `-`. */
  readonly short?: string;
  /** A name for the value, in capitals; without it the option takes no value. */
  readonly value?: string;
  /** The permitted values, if there is a list of them. */
  readonly choices?: readonly string[];
  /** Whether the option may be given several times, all of which count. */
  readonly isRepeatable?: true;
  /** Whether the value may be an empty string. */
  readonly mayBeEmpty?: true;
  /** A line of help. */
  readonly help: string;
}

/** An operand of a command, in the order of the command line. */
export interface Operand<Name extends string = string> {
  /** Its name, in capitals. */
  readonly name: Name;
  /** Whether it may be missing. */
  readonly isOptional?: true;
  /** Whether it may begin with a minus and a digit; only the last one. */
  readonly isSigned?: true;
  /** Whether it may be given any number of times; only the last one. */
  readonly isRepeatable?: true;
}

/** An error that a program expects: whose fault it is, and a message for the user. */
export interface Failure {
  /** The exit code. */
  readonly code: number;
  /** The message, without the name of the program. */
  readonly message: string;
}

/** Explains the errors that a program expects; undefined for a defect of Powercut. */
export type FailureOf = (error: unknown, command: Command) => Failure | undefined;

/** Arguments to try, without the command's name, and what they do. */
export type Example = readonly [args: string, effect: string];

/** A command with options and operands; {@linkcode defineCommand} makes one whose names are typed. */
export interface Command<Name extends string = string, OperandName extends string = string> {
  /** The word that calls it. */
  readonly name: string;
  /** A line of help: a phrase without a full stop. */
  readonly summary: string;
  /** Its operands; optional ones come last. */
  readonly operands: readonly Operand<OperandName>[];
  /** Its options. */
  readonly options: readonly Option<Name>[];
  /** Pairs of options that exclude each other, by their long names. */
  readonly conflicts?: readonly (readonly [Name, Name])[];
  /** More help, as paragraphs for a terminal. */
  readonly notes?: string | (() => string | Promise<string>);
  /** Exit codes with a meaning of their own here. */
  readonly exitCodes: readonly ExitCodeRow[];
  /** Command lines to try. */
  readonly examples: readonly Example[];
  /** The exit code where an error ends it, for {@linkcode FailureOf}; 1 if not given. */
  readonly failureCode?: number;
  /** Explains errors, unless that of its group does. */
  readonly failureOf?: FailureOf;
  /** Carry it out; returns the exit code. */
  run(args: ParsedArgs<Name, OperandName>, io: Io): number | Promise<number>;
}

/** Several commands under one name. */
export interface CommandGroup {
  /** The word that calls it. */
  readonly name: string;
  /** A line of help: a phrase without a full stop. */
  readonly summary: string;
  /** The first paragraph of its help. */
  readonly description: string;
  /** Its commands, in the order in which the help lists them. */
  readonly commands: readonly Program[];
  /** The command that runs where none is named. */
  readonly fallback?: Command;
  /** More help, as paragraphs for a terminal. */
  readonly notes?: string | (() => string | Promise<string>);
  /** Exit codes with a meaning of their own here. */
  readonly exitCodes?: Command["exitCodes"];
  /** Command lines to try. */
  readonly examples: readonly Example[];
  /** Explains errors of its commands. */
  readonly failureOf?: FailureOf;
}

/** A command, or group, whose code is loaded when it runs. */
export interface LazyProgram {
  /** The word that calls it. */
  readonly name: string;
  /** A line of help. */
  readonly summary: string;
  /** Load it. */
  readonly load: () => Promise<Command | CommandGroup>;
}

/** Anything that a command line can name. */
export type Program = Command | CommandGroup | LazyProgram;

/** Checks that a command asks only for options and operands that it declares. */
export function defineCommand<const Name extends string, const OperandName extends string>(
  command: Command<Name, OperandName>,
): Command {
  return command;
}

import type { Io } from "./io.ts";
import type { ParsedArgs } from "./parsed_args.ts";

/** An option of a command. */
export interface Option {
  /** The name after `--`, also the one the command asks for it by. */
  readonly long: string;
  /** The letter after `-`. */
  readonly short?: string;
  /** What the value is, in capitals; without it the option takes none. */
  readonly value?: string;
  /** The values it can have, if only these. */
  readonly choices?: readonly string[];
  /** Whether it may be given several times, all of which count. */
  readonly isRepeatable?: true;
  /** Whether its value may be an empty string. */
  readonly mayBeEmpty?: true;
  /** A line of help. */
  readonly help: string;
}

/** An operand of a command, in the order of the command line. */
export interface Operand {
  /** Its name, in capitals. */
  readonly name: string;
  /** Whether it may be missing. */
  readonly isOptional?: true;
  /** Whether it may begin with a minus and a digit; only the last one. */
  readonly isSigned?: true;
  /** Whether it may be given any number of times; only the last one. */
  readonly isRepeatable?: true;
}

/** A subcommand of the tool. */
export interface Command {
  /** The word that calls it. */
  readonly name: string;
  /** A line of help. */
  readonly summary: string;
  /** Its operands; optional ones come last. */
  readonly operands: readonly Operand[];
  /** Its options. */
  readonly options: readonly Option[];
  /** Whatever else must be known, as paragraphs for a terminal. */
  readonly notes?: string;
  /** Its exit codes and what they mean. */
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
  /** Arguments to try, without the tool's name, and what they do. */
  readonly examples: readonly (readonly [args: string, what: string])[];
  /** The exit code where an error ends it; 1 if not given. */
  readonly failureCode?: number;
  /** Carry it out; answers the exit code. */
  run(args: ParsedArgs, io: Io): number | Promise<number>;
}

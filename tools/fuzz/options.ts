import { parseArgs } from "@std/cli/parse-args";
import { joinValues } from "../kit/join_values.ts";
import { SEED_PATTERN } from "./token.ts";

/** What the command line asks for. */
export interface FuzzOptions {
  /** New hostile cases, or damaged images to repair. */
  readonly mode: "cases" | "repair";
  /** The seed. */
  readonly seed: string;
  /** When to stop, in seconds. */
  readonly seconds: number;
  /** How many cases at the most. */
  readonly cases: number;
  /** A token, a corpus case or a saved case to replay. */
  readonly replay: string | undefined;
  /** Print JSON. */
  readonly json: boolean;
  /** Where findings go. */
  readonly out: string;
  /** Whether QEMU is asked. */
  readonly asksQemu: boolean;
}

/** A command line that makes no sense. */
export class UsageError extends Error {
  /** The name of this kind of error. */
  override readonly name = "UsageError";
}

/** The help. */
export const HELP = `Usage: deno task fuzz [OPTION]...

Feed hostile QED images to this library and to qemu-img, and compare.

  --seconds N     stop after N seconds; 60 unless --cases is given
  --cases N       stop after N cases
  --seed S        derive all cases from S (letters, digits, . _ -); a new one if not given
  --mode MODE     cases (the default), or repair: damage images, repair them, check the outcome
  --replay CASE   one case again: a token, corpus:NAME, repair:SEED:NUMBER, or a saved .case file
  --out DIR       where findings are saved; fuzz-findings if not given
  --no-qemu       do not compare with qemu-img
  --json          print the summary as JSON
  --help          print this

Exit codes: 0 no findings, 1 findings, 2 wrong usage. Ctrl-C ends the run and prints the summary.
`;

const DEFAULT_SECONDS = 60;

/** Take a command line apart; "help" if it asks for that. Throws {@linkcode UsageError}. */
export function parseOptions(
  args: readonly string[],
  freshSeed: () => string,
): FuzzOptions | "help" {
  const strings = ["seconds", "seed", "cases", "replay", "out", "mode"] as const;
  const parsed = parseArgs(joinValues(args, strings.map((name) => `--${name}`)), {
    boolean: ["json", "help", "qemu"],
    string: strings,
    negatable: ["qemu"],
    default: { qemu: true },
    alias: { h: "help" },
    unknown: (name) => {
      throw new UsageError(`unknown ${name.startsWith("-") ? "option" : "operand"} '${name}'`);
    },
  });
  if (parsed.help) return "help";
  for (const name of strings) {
    if (parsed[name] === "") throw new UsageError(`--${name} needs a value`);
  }
  const seed = parsed.seed ?? freshSeed();
  if (!SEED_PATTERN.test(seed)) {
    throw new UsageError(`--seed: '${seed}' has something else than letters, digits and . _ -`);
  }
  const mode = parsed.mode ?? "cases";
  if (mode !== "cases" && mode !== "repair") {
    throw new UsageError(`--mode must be cases or repair, not '${mode}'`);
  }
  const cases = numberOf("cases", parsed.cases);
  return {
    mode,
    seed,
    seconds: numberOf("seconds", parsed.seconds) ??
      (cases === undefined ? DEFAULT_SECONDS : Infinity),
    cases: cases ?? Infinity,
    replay: parsed.replay,
    json: parsed.json,
    out: parsed.out ?? "fuzz-findings",
    asksQemu: parsed.qemu,
  };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${name}: '${text}' is not a number`);
}

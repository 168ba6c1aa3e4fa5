/**
 * The fuzzer: `powercut fuzz`. See docs/fuzzing.md.
 *
 * @module
 */
import { type Command, defineCommand } from "../kit/command.ts";
import { EXIT, INTERNAL_ROW } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";
import { UsageError } from "../kit/usage_error.ts";
import { TokenError } from "./token.ts";

/** The seconds of a run if neither they nor the number of cases are given. */
const DEFAULT_SECONDS = 60;
const MAX_COUNT = 999_999_999;
const MODES = ["cases", "repair"] as const;

/** The options of the fuzzer. */
export interface FuzzOptions {
  /** Hostile cases to open, or damaged images to repair. */
  readonly mode: typeof MODES[number];
  /** The seed. */
  readonly seed: string;
  /** When to stop, in seconds. */
  readonly seconds: number;
  /** The largest number of cases. */
  readonly cases: number;
  /** A token, a corpus case or a saved case to replay. */
  readonly replay: string | undefined;
  /** Whether to print JSON. */
  readonly json: boolean;
  /** The folder for findings. */
  readonly out: string;
  /** Whether to compare with QEMU. */
  readonly asksQemu: boolean;
}

/** The fuzzer; `freshSeed` makes the seed of a run that is given none. */
export function fuzzWith(freshSeed: () => string): Command {
  return defineCommand({
    name: "fuzz",
    summary: "feed hostile QED images to this library and to qemu-img, and compare",
    operands: [],
    options: [
      {
        long: "seconds",
        value: "N",
        help: `stop after N seconds (${DEFAULT_SECONDS} unless --cases is given)`,
      },
      { long: "cases", value: "N", help: "stop after N cases" },
      {
        long: "seed",
        value: "S",
        help: "derive all cases from S: letters, digits, '.', '_' and '-' (a fresh one)",
      },
      {
        long: "mode",
        value: "MODE",
        choices: MODES,
        help: "cases, or repair: damage images, repair them and check the result (cases)",
      },
      {
        long: "replay",
        value: "CASE",
        help: "run one case: a token, corpus:NAME, repair:SEED:NUMBER, or a saved .case file",
      },
      { long: "out", value: "DIR", help: "the folder for findings (fuzz-findings)" },
      { long: "no-qemu", help: "do not compare with qemu-img" },
      { long: "json", help: "print the summary as JSON" },
    ],
    notes: "Ctrl-C ends the run and prints the summary.",
    exitCodes: [[EXIT.OK, "no findings"], [EXIT.FINDING, "findings"], INTERNAL_ROW],
    examples: [
      ["--seconds 600", "for ten minutes"],
      ["--replay a:1:00000000", "one case again"],
    ],
    failureOf: (error) =>
      error instanceof TokenError ? { code: EXIT.USAGE, message: error.message } : undefined,
    run: (args, io) => start(args, io, freshSeed),
  });
}

/** The fuzzer. */
export const FUZZ: Command = fuzzWith(() =>
  crypto.getRandomValues(new Uint32Array(1))[0].toString(36)
);

async function start(args: ParsedArgs, io: Io, freshSeed: () => string): Promise<number> {
  const { SEED_PATTERN } = await import("./token.ts");
  const seed = args.value("seed") ?? freshSeed();
  if (!SEED_PATTERN.test(seed)) {
    throw new UsageError(`--seed must have only letters, digits, '.', '_' and '-', not '${seed}'`);
  }
  const cases = args.count("cases", { min: 0, max: MAX_COUNT });
  const seconds = args.count("seconds", { min: 0, max: MAX_COUNT });
  const { runFuzz } = await import("./run.ts");
  return await runFuzz({
    mode: args.choice("mode", MODES) ?? "cases",
    seed,
    seconds: seconds ?? (cases === undefined ? DEFAULT_SECONDS : Infinity),
    cases: cases ?? Infinity,
    replay: args.value("replay"),
    json: args.has("json"),
    out: args.value("out") ?? "fuzz-findings",
    asksQemu: !args.has("no-qemu"),
  }, io);
}

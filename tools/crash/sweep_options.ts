import { type Command, defineCommand } from "../kit/command.ts";
import { EXIT, INTERNAL_ROW, TARGET_ROW } from "../kit/exit_codes.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";
import { UsageError } from "../kit/usage_error.ts";
import {
  JSON_OUTPUT,
  NO_SAVE,
  outputOf,
  type OutputOptions,
  presetOption,
  REPORT,
  SAVE,
  SAVE_CONFLICT,
} from "./options.ts";

/** The format to sweep. */
export interface SweepTargetOptions {
  /** The format's name; qed if not given. */
  readonly target?: string | undefined;
  /** The ordering profile of the driver; strict if not given. */
  readonly profile?: string | undefined;
  /** The header layout; final if not given. */
  readonly layout?: string | undefined;
  /** Whether the image has a raw backing file. */
  readonly backing: boolean;
  /** Whether the backing file is longer than the disk. */
  readonly longBacking: boolean;
}

/** Options of `sweep`. */
export interface SweepOptions extends SweepTargetOptions, OutputOptions {
  /** Names of fault presets with commas, or `survivable`. */
  readonly preset: string;
  /** The most steps of a workload; 3, or 8 of a random one, if not given. */
  readonly length?: number | undefined;
  /** The number of random workloads; all sequences if not given. */
  readonly random?: number | undefined;
  /** The seed of random workloads. */
  readonly seed: number;
  /** Whether each random workload leaves out some kinds of steps. */
  readonly swarm: boolean;
  /** One workload as JSON. */
  readonly steps?: string | undefined;
  /** The number of crashes in a row; 1 if not given. */
  readonly depth?: number | undefined;
  /** Stop after this many workloads. */
  readonly maxWorkloads?: number | undefined;
  /** Stop after this many seconds. */
  readonly maxSeconds?: number | undefined;
  /** Whether to continue after a finding. */
  readonly all: boolean;
}

/** The largest values: the steps of a workload, crashes in a row, and anything else. */
const MAX_LENGTH = 64;
const MAX_DEPTH = 8;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/** `crash sweep`. */
export const sweepCommand: Command = defineCommand({
  name: "sweep",
  summary: "generate workloads, run each and explore it: every sequence of a small set, or random",
  operands: [],
  options: [
    {
      long: "target",
      value: "T",
      help: "the format: qed, or kv, the store of docs/test-your-own-format.md; (qed)",
    },
    presetOption("use this fault preset, several with commas, or survivable; (sectors)"),
    { long: "profile", value: "P", help: "the ordering profile of the QED driver (strict)" },
    { long: "layout", value: "L", help: "the header layout, final or rfc (final)" },
    { long: "backing", help: "over a raw backing file" },
    { long: "long-backing", help: "over a raw backing file that is longer than the disk" },
    { long: "length", value: "N", help: "the longest sequences (3), or random workloads (8)" },
    { long: "random", value: "K", help: "K random workloads instead of all sequences" },
    { long: "seed", value: "S", help: "the seed of random workloads (1)" },
    { long: "swarm", help: "each random workload leaves out some kinds of steps" },
    { long: "steps", value: "JSON", help: "only this workload" },
    { long: "depth", value: "N", help: "crashes in a row, those of recoveries included (1)" },
    { long: "max-workloads", value: "K", help: "stop after K workloads" },
    { long: "seconds", value: "N", help: "stop after N seconds" },
    { long: "all", help: "continue after a finding, up to one of each kind" },
    SAVE,
    NO_SAVE,
    REPORT,
    JSON_OUTPUT,
  ],
  conflicts: [SAVE_CONFLICT, ["steps", "length"], ["steps", "random"]],
  notes: "docs/workloads.md describes the operations and the random workloads.",
  exitCodes: [
    [EXIT.OK, "clean"],
    [EXIT.FINDING, "a workload fails"],
    INTERNAL_ROW,
    TARGET_ROW,
  ],
  examples: [
    ["--profile qemu --backing", "every short workload over a backing file"],
    ["--random 1000 --seed 7 --swarm --preset survivable", "a thousand random ones"],
  ],
  async run(args, io) {
    const { sweepWorkloads } = await import("./sweep_command.ts");
    return await sweepWorkloads({ ...sweepOptions(args), ...outputOf(args, io, "sweep") }, io);
  },
});

function sweepOptions(args: ParsedArgs): Omit<SweepOptions, keyof OutputOptions> {
  const random = args.count("random", { max: MAX_COUNT });
  for (const name of ["seed", "swarm"]) {
    if (random === undefined && args.has(name)) throw new UsageError(`--${name} needs --random K`);
  }
  return {
    target: args.value("target"),
    profile: args.value("profile"),
    layout: args.value("layout"),
    backing: args.has("backing"),
    longBacking: args.has("long-backing"),
    preset: args.value("preset") ?? "sectors",
    length: args.count("length", { max: MAX_LENGTH }),
    random,
    seed: args.count("seed", { max: MAX_COUNT }) ?? 1,
    swarm: args.has("swarm"),
    steps: args.value("steps"),
    depth: args.count("depth", { max: MAX_DEPTH }),
    maxWorkloads: args.count("max-workloads", { max: MAX_COUNT }),
    maxSeconds: args.count("seconds", { max: MAX_COUNT }),
    all: args.has("all"),
  };
}

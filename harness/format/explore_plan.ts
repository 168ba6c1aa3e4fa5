import { FAULTS } from "../faults/mod.ts";
import { type Preset, presetNamed, PRESETS, SECTORS } from "../model/presets.ts";
import { allWorkloads } from "../workload/all_workloads.ts";
import { randomWorkloads } from "../workload/random_workloads.ts";
import { givenWorkload, type WorkloadSource } from "../workload/workload_source.ts";
import { budgetMilliseconds, type Deadline, deadlineIn } from "./budget.ts";
import { firstBadStep } from "./check_steps.ts";
import {
  type EngineName,
  ExploreOptionError,
  type ExploreOptions,
  type RunTimeFaultName,
} from "./explore_options.ts";
import type { FormatBinding } from "./format_binding.ts";
import { valueText } from "./value_text.ts";

const DEFAULT_STEPS = 3;
const DEFAULT_RANDOM_STEPS = 8;
const DEFAULT_SCHEDULES = 10_000;
/** Steps of a workload, and crashes in a row, at most. */
const MAX_STEPS = 64;
const MAX_DEPTH = 8;
const MAX_WORKERS = 256;
const ENGINES: readonly EngineName[] = ["lazy", "brute", "sampled", "deepening"];

/** A part of the workloads: number `index` of `count`, counted from 1. */
export interface WorkloadShard {
  /** Which one. */
  readonly index: number;
  /** Of how many. */
  readonly count: number;
}

/** How orders of requests in flight are run. */
export interface ConcurrentPlan {
  /** How many are drawn; every order if undefined. */
  readonly samples: number | undefined;
  /** Which ones are drawn. */
  readonly seed: number;
  /** The most schedules of a workload. */
  readonly maxSchedules: number;
}

/** Options that were checked, each with its value. */
export interface ExplorePlan {
  /** The format. */
  readonly binding: FormatBinding;
  /** The workloads. */
  readonly source: WorkloadSource;
  /** The fault models. */
  readonly presets: readonly Preset[];
  /** Who searches. */
  readonly engine: EngineName;
  /** Of `sampled` and `deepening`. */
  readonly samples: number | undefined;
  /** Of `sampled`. */
  readonly seed: number | undefined;
  /** Crashes in a row. */
  readonly depth: number;
  /** Workers; with less than two there are none. */
  readonly workers: number;
  /** When to stop. */
  readonly deadline: Deadline;
  /** Which of the workloads; all if undefined. */
  readonly shard: WorkloadShard | undefined;
  /** Orders of requests in flight; one after the other if undefined. */
  readonly concurrent: ConcurrentPlan | undefined;
  /** Faults while the format runs. */
  readonly runTimeFaults: readonly RunTimeFaultName[];
  /** Whether to go on after a finding. */
  readonly continueAfterFailure: boolean;
  /** Called before each workload. */
  readonly onProgress: NonNullable<ExploreOptions["onProgress"]>;
}

/** Check options and fill in the defaults. Throws {@linkcode ExploreOptionError}. */
export function planFor(binding: FormatBinding, options: ExploreOptions): ExplorePlan {
  const checks = new OptionChecks(binding.name, options);
  checks.combinations();
  const { budget, now = () => performance.now() } = options;
  const milliseconds = budget === undefined ? undefined : budgetMilliseconds(budget);
  checks.that(
    "budget",
    budget === undefined || milliseconds !== undefined,
    "milliseconds above 0, or a text such as '30s' or '5m'",
  );
  return {
    binding,
    source: sourceFor(binding, options, checks),
    presets: presetsFor(options, checks),
    engine: checks.oneOf("engine", ENGINES) ?? "lazy",
    samples: checks.count("samples", 2 ** 31),
    seed: checks.integer("seed", options.seed),
    depth: checks.count("depth", MAX_DEPTH) ?? 1,
    workers: checks.count("workers", MAX_WORKERS) ?? 1,
    deadline: deadlineIn(milliseconds, now),
    shard: shardFor(options, checks),
    concurrent: concurrentFor(options, checks),
    runTimeFaults: faultsFor(options, checks),
    continueAfterFailure: options.continueAfterFailure ?? false,
    onProgress: options.onProgress ?? (() => {}),
  };
}

function sourceFor(
  binding: FormatBinding,
  { workload, random }: ExploreOptions,
  checks: OptionChecks,
): WorkloadSource {
  const { shape } = binding;
  if (workload !== undefined) {
    checks.that("workload", Array.isArray(workload) && workload.length > 0, "a list of steps");
    const bad = firstBadStep(workload, shape);
    if (bad) checks.fail("workload", `'workload[${bad.at}]' is ${bad.reason}`);
    return givenWorkload(workload);
  }
  if (random === undefined) {
    return allWorkloads(shape, checks.count("steps", MAX_STEPS) ?? DEFAULT_STEPS);
  }
  checks.fields("random", random, ["count", "maxSteps", "swarm", "seed"]);
  const { maxSteps = DEFAULT_RANDOM_STEPS, swarm = true, seed = 1, count } = random;
  const isCount = (value: number, max: number) =>
    Number.isInteger(value) && value > 0 && value <= max;
  checks.that("random.count", isCount(count, 2 ** 31), "a whole number above 0", count);
  checks.that("random.maxSteps", isCount(maxSteps, 4096), "a number from 1 to 4096", maxSteps);
  checks.integer("random.seed", seed);
  return randomWorkloads(shape, { count, seed, maxSteps, swarm });
}

function presetsFor({ faults = SECTORS }: ExploreOptions, checks: OptionChecks): Preset[] {
  const list = Array.isArray(faults) ? faults : [faults];
  checks.that("faults", list.length > 0, "at least one fault model");
  return list.map((each: Preset | string) => {
    const name = typeof each === "string" ? each : each?.name;
    const known = presetNamed(name);
    // A replay token names its fault model, so that it must be known by name.
    const isKnown = known !== undefined &&
      (typeof each === "string" || JSON.stringify(each) === JSON.stringify(known));
    if (isKnown) return known;
    const names = [...Object.keys(PRESETS), "neighbour-corruption(R)"].join(", ");
    return checks.fail("faults", `'faults' is '${name}': must be one of ${names}`);
  });
}

function shardFor({ shard }: ExploreOptions, checks: OptionChecks): WorkloadShard | undefined {
  if (shard === undefined) return undefined;
  const [, index, count] = /^(\d{1,9})\/(\d{1,9})$/.exec(shard) ?? [];
  const isPart = Number(index) >= 1 && Number(index) <= Number(count);
  checks.that("shard", isPart, "a part of a whole, such as '2/4'");
  return { index: Number(index), count: Number(count) };
}

function concurrentFor(
  { concurrent }: ExploreOptions,
  checks: OptionChecks,
): ConcurrentPlan | undefined {
  if (concurrent === undefined || concurrent === false) return undefined;
  const given = concurrent === true ? {} : concurrent;
  checks.fields("concurrent", given, ["samples", "seed", "maxSchedules"]);
  const { samples, seed, maxSchedules } = given;
  for (const [name, value] of Object.entries({ samples, maxSchedules })) {
    const isCount = value === undefined || Number.isInteger(value) && value > 0;
    checks.that(`concurrent.${name}`, isCount, "a whole number above 0", value);
  }
  checks.integer("concurrent.seed", seed);
  if (seed !== undefined && samples === undefined) {
    checks.fail("concurrent.seed", "'concurrent.seed' needs 'concurrent.samples'");
  }
  if (maxSchedules !== undefined && samples !== undefined) {
    checks.fail(
      "concurrent.maxSchedules",
      "'concurrent.maxSchedules' cannot be combined with 'concurrent.samples'",
    );
  }
  return { samples, seed: seed ?? 1, maxSchedules: maxSchedules ?? DEFAULT_SCHEDULES };
}

function faultsFor(
  { runTimeFaults = [], workload }: ExploreOptions,
  checks: OptionChecks,
): readonly RunTimeFaultName[] {
  const all = Object.keys(FAULTS) as RunTimeFaultName[];
  if (runTimeFaults === "all") return all;
  const known: readonly string[] = [...all, "bit-rot"];
  checks.that("runTimeFaults", Array.isArray(runTimeFaults), "'all' or a list of faults");
  for (const name of runTimeFaults) {
    checks.that("runTimeFaults", known.includes(name), `one of ${known.join(", ")}`, name);
  }
  if (runTimeFaults.includes("bit-rot") && workload === undefined) {
    checks.fail("runTimeFaults", "the run-time fault 'bit-rot' needs 'workload'");
  }
  return runTimeFaults;
}

/** Pairs of options of which only one may be given. */
const EXCLUSIVE: readonly (readonly [keyof ExploreOptions, keyof ExploreOptions])[] = [
  ["workload", "steps"],
  ["workload", "random"],
  ["random", "steps"],
  ["shard", "workload"],
  ["runTimeFaults", "concurrent"],
  ["runTimeFaults", "engine"],
  ["runTimeFaults", "workers"],
];

/** Checks of options, all worded alike. */
class OptionChecks {
  readonly #format: string;
  readonly #options: ExploreOptions;

  constructor(format: string, options: ExploreOptions) {
    this.#format = format;
    this.#options = options;
    for (const name of Object.keys(options)) {
      if (KNOWN.includes(name)) continue;
      this.fail(name, `'${name}' is not an option: must be one of ${KNOWN.join(", ")}`);
    }
  }

  /** Refuse fields of an option that it does not have: they are misspelt. */
  fields(option: string, value: object, known: readonly string[]): void {
    this.that(option, typeof value === "object" && value !== null, "an object", value);
    for (const name of Object.keys(value)) {
      if (known.includes(name)) continue;
      const rule = `must be one of ${known.join(", ")}`;
      this.fail(`${option}.${name}`, `'${option}.${name}' is not an option: ${rule}`);
    }
  }

  fail(option: string, reason: string): never {
    throw new ExploreOptionError(this.#format, option, reason);
  }

  that(
    option: string,
    holds: boolean,
    rule: string,
    value: unknown = this.#options[option as keyof ExploreOptions],
  ): void {
    if (holds) return;
    this.fail(option, `'${option}' is ${valueText(value)}: must be ${rule}`);
  }

  count(option: "steps" | "samples" | "depth" | "workers", max: number): number | undefined {
    const value = this.#options[option];
    const isCount = Number.isInteger(value) && value! >= 1 && value! <= max;
    this.that(option, value === undefined || isCount, `a whole number from 1 to ${max}`);
    return value;
  }

  integer(option: string, value: number | undefined): number | undefined {
    this.that(option, value === undefined || Number.isSafeInteger(value), "a whole number", value);
    return value;
  }

  oneOf<T extends string>(option: keyof ExploreOptions, values: readonly T[]): T | undefined {
    const value = this.#options[option] as T | undefined;
    this.that(option, value === undefined || values.includes(value), `one of ${values.join(", ")}`);
    return value;
  }

  combinations(): void {
    const isGiven = (option: keyof ExploreOptions) =>
      this.#options[option] !== undefined && this.#options[option] !== false;
    for (const [one, other] of EXCLUSIVE) {
      if (isGiven(one) && isGiven(other)) {
        this.fail(one, `'${one}' cannot be combined with '${other}'`);
      }
    }
    const { engine = "lazy", workers = 1 } = this.#options;
    if (isGiven("samples") && engine !== "sampled" && engine !== "deepening") {
      this.fail("samples", "'samples' needs the engine 'sampled' or 'deepening'");
    }
    if (isGiven("seed") && engine !== "sampled") {
      this.fail("seed", "'seed' needs the engine 'sampled'");
    }
    if (workers > 1 && engine !== "lazy") {
      this.fail("workers", `'workers' cannot be combined with the engine '${engine}'`);
    }
  }
}

const KNOWN: readonly string[] = [
  ...["steps", "workload", "random", "faults", "engine", "samples", "seed", "depth", "workers"],
  ...["budget", "shard", "concurrent", "runTimeFaults", "continueAfterFailure", "onProgress"],
  "now",
];

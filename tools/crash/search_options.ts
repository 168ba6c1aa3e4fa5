import type { Shard } from "../../harness/mod.ts";
import { lookUp } from "../../scenarios/qed/look_up.ts";
import { DEFAULT_DEPTH } from "../../scenarios/qed/run_scenario.ts";
import { ENGINES } from "../../scenarios/qed/scenario.ts";
import { UsageError } from "../kit/usage_error.ts";

/** How a search is run, as it was typed. */
export interface SearchWords {
  readonly engine?: string | undefined;
  readonly depth?: string | undefined;
  readonly workers?: string | undefined;
  readonly shard?: string | undefined;
  readonly budget?: string | undefined;
  readonly samples?: string | undefined;
  readonly seed?: string | undefined;
  readonly out?: string | undefined;
  readonly resume?: string | undefined;
}

/** The names of these options. */
export const SEARCH_WORDS = [
  "engine",
  "depth",
  "workers",
  "shard",
  "budget",
  "samples",
  "seed",
  "out",
  "resume",
] as const;

/** How a search is run. */
export interface SearchOptions {
  /** The engine's name. */
  readonly engine: string;
  /** How many crashes in a row. */
  readonly depth: number;
  /** How many workers. */
  readonly workers: number;
  /** The share; undefined for the whole. */
  readonly shard: Shard | undefined;
  /** When to stop. */
  readonly budget: Budget;
  /** States to sample, and the seed. */
  readonly samples: number;
  readonly seed: number;
  /** Where what was done is written; undefined for nowhere. */
  readonly out: string | undefined;
  /** Where to take up what was done before; undefined for nothing. */
  readonly resume: string | undefined;
}

/** Crashes in a row: unless told otherwise, and at most. */
const DEPTH = { lazy: DEFAULT_DEPTH, most: 8 };
/** Workers at most. */
const MOST_WORKERS = 256;
const MOST_SHARDS = 100_000;
const MOST_SAMPLES = 2 ** 31;

/** Read the options of a search. Throws {@linkcode UsageError} that names what is wrong. */
export function parseSearch(words: SearchWords, now: () => number): SearchOptions {
  const { engine = "lazy" } = words;
  lookUp("engine", engine, ENGINES);
  const isCut = words.shard ?? words.out ?? words.resume ?? words.budget;
  if (engine !== "lazy" && isCut !== undefined) {
    throw new UsageError(`--engine ${engine}: only lazy searches have shares and budgets`);
  }
  if (words.shard !== undefined && words.out === undefined) {
    throw new UsageError("--shard needs --out FILE: a share by itself says nothing");
  }
  return {
    engine,
    depth: number("depth", words.depth, DEPTH.most) ?? (engine === "brute" ? 1 : DEPTH.lazy),
    workers: number("workers", words.workers, MOST_WORKERS) ?? navigator.hardwareConcurrency,
    shard: words.shard === undefined ? undefined : parseShard(words.shard),
    budget: parseBudget(words.budget, now),
    samples: number("samples", words.samples, MOST_SAMPLES) ?? 10_000,
    seed: number("seed", words.seed, 2 ** 31 - 1, 0) ?? 1,
    out: words.out,
    resume: words.resume,
  };
}

function number(name: string, text: string | undefined, most: number, least = 1) {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} ${text}: must be a number from ${least} to ${most}`);
}

function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index >= 1 && index <= count && count <= MOST_SHARDS) return { index, count };
  throw new UsageError(`--shard ${text}: must be i/n, i from 1 to n, for example 2/5`);
}

/** How much a command may do: recoveries, or time, over all of its searches. */
export class Budget {
  readonly #maxRecoveries: number;
  readonly #endsAt: number;
  readonly #now: () => number;
  #spent = 0;

  /** So many recoveries, and not beyond a time of the clock `now`, in milliseconds. */
  constructor(maxRecoveries: number, endsAt: number, now: () => number) {
    this.#maxRecoveries = maxRecoveries;
    this.#endsAt = endsAt;
    this.#now = now;
  }

  /** A search of the command has ended. */
  spend(recoveries: number): void {
    this.#spent += recoveries;
  }

  /** Whether a search is to stop that has run so many recoveries itself. */
  isUsedUp(recoveries: number): boolean {
    return this.#spent + recoveries >= this.#maxRecoveries || this.#now() >= this.#endsAt;
  }
}

/** `10000`: recoveries; `30s`, `5m`, `2h`: time. */
function parseBudget(text: string | undefined, now: () => number): Budget {
  if (text === undefined) return new Budget(Infinity, Infinity, now);
  const [, digits, unit] = /^(\d+)([smh]?)$/.exec(text) ?? [];
  const value = Number(digits);
  if (!(value >= 1)) {
    throw new UsageError(`--budget ${text}: must be recoveries (10000) or a time (30s, 5m, 2h)`);
  }
  if (unit === "") return new Budget(value, Infinity, now);
  const milliseconds = { s: 1000, m: 60_000, h: 3_600_000 }[unit as "s" | "m" | "h"];
  return new Budget(Infinity, now() + value * milliseconds, now);
}

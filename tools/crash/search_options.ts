import type { Shard } from "../../harness/advanced.ts";
import { lookUp } from "../../scenarios/qed/look_up.ts";
import { DEFAULT_DEPTH } from "../../scenarios/qed/run_scenario.ts";
import { ENGINES } from "../../scenarios/qed/scenario.ts";
import type { Io } from "../kit/io.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";
import { UsageError } from "../kit/usage_error.ts";
import type { SEARCH_OPTIONS } from "./options.ts";

type SearchName = typeof SEARCH_OPTIONS[number]["long"];

/** How a search is run. */
export interface SearchOptions {
  /** The engine's name. */
  readonly engine: string;
  /** The number of crashes in a row. */
  readonly depth: number;
  /** The number of workers. */
  readonly workers: number;
  /** The shard; undefined for the whole. */
  readonly shard: Shard | undefined;
  /** When to stop. */
  readonly budget: Budget;
  /** States to sample, and the seed. */
  readonly samples: number;
  readonly seed: number;
  /** The file for the work done; undefined for none. */
  readonly out: string | undefined;
  /** The file with earlier work to resume; undefined for none. */
  readonly resume: string | undefined;
}

/** The largest values of options. */
const MAX_DEPTH = 8;
const MAX_WORKERS = 256;
const MAX_SEED = 2 ** 31 - 1;
const MAX_SHARDS = 100_000;
const MAX_SAMPLES = 2 ** 31;

/** Read the options of a search. Throws {@linkcode UsageError} that names the wrong one. */
export function parseSearch(args: ParsedArgs<SearchName>, io: Pick<Io, "now">): SearchOptions {
  const engine = args.value("engine") ?? "lazy";
  lookUp("engine", engine, ENGINES);
  const isPartial = (["shard", "out", "resume", "budget"] as const).find((name) => args.has(name));
  if (engine !== "lazy" && isPartial) {
    throw new UsageError(`--${isPartial} cannot be combined with --engine ${engine}`);
  }
  if (args.has("shard") && !args.has("out")) throw new UsageError("--shard needs --out FILE");
  const shard = args.value("shard");
  return {
    engine,
    depth: args.count("depth", { max: MAX_DEPTH }) ?? (engine === "brute" ? 1 : DEFAULT_DEPTH),
    workers: workersOf(args),
    shard: shard === undefined ? undefined : parseShard(shard),
    budget: parseBudget(args.value("budget"), () => io.now()),
    samples: args.count("samples", { max: MAX_SAMPLES }) ?? 10_000,
    seed: args.count("seed", { min: 0, max: MAX_SEED }) ?? 1,
    out: args.value("out"),
    resume: args.value("resume"),
  };
}

/** The number of workers; one for each core if not given. */
export function workersOf(args: ParsedArgs<"workers">): number {
  return args.count("workers", { max: MAX_WORKERS }) ?? navigator.hardwareConcurrency;
}

function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index >= 1 && index <= count && count <= MAX_SHARDS) return { index, count };
  throw new UsageError(`--shard must be I/N with I from 1 to N, such as 2/5, not '${text}'`);
}

/** The budget of a command, in recoveries or time, over all of its searches. */
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

  /** Whether a search is to stop that has run this many recoveries itself. */
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
    throw new UsageError(
      `--budget must be a number of recoveries (10000) or a time (30s, 5m, 2h), not '${text}'`,
    );
  }
  if (unit === "") return new Budget(value, Infinity, now);
  const milliseconds = { s: 1000, m: 60_000, h: 3_600_000 }[unit as "s" | "m" | "h"];
  return new Budget(Infinity, now() + value * milliseconds, now);
}

/**
 * Results of parts of a search as plain data, to be stored in a file and merged later: the work of
 * a shard, or of a search whose budget was used up.
 *
 * @module
 */
import type { SearchEffort } from "../result/certificate.ts";
import { prepareContext } from "../reference/check_state.ts";
import type { Persisted } from "../model/persisted.ts";
import type { SightingCount } from "../result/findings.ts";
import { explorationOf } from "../engine/exploration_of.ts";
import { type Done, LazySearch } from "../search/lazy_search.ts";
import type { Exploration } from "../result/exploration.ts";
import { traceHash } from "../log/trace_hash.ts";
import type { UnitVersion } from "../model/unit_version.ts";
import { type Violation, violationKey } from "../result/violation.ts";
import { type ParallelOptions, searchInParallel } from "./explore_in_parallel.ts";
import type { Problem } from "./problem.ts";

/** A share of a search: number `index` of `count`, counted from 1. */
export interface Shard {
  /** Which one. */
  readonly index: number;
  /** Of how many. */
  readonly count: number;
}

/** The whole of a search as a share. */
const WHOLE: Shard = Object.freeze({ index: 1, count: 1 });

/** The completed part of a search, as plain data. */
export interface PartialResult {
  /** Identifies the log and the inputs of its checks. */
  readonly traceHash: string;
  /** How many crashes in a row. */
  readonly depth: number;
  /** The share that this is of. */
  readonly shard: Shard;
  /** Whether all of the share is done. */
  readonly isComplete: boolean;
  /** The parts that are done. */
  readonly items: readonly (readonly [epoch: number, place: number])[];
  /** Their cost. */
  readonly effort: SearchEffort;
  /** Their findings. */
  readonly findings: readonly StoredSighting[];
}

/** A sighting without anything that JSON does not know. */
export interface StoredSighting {
  /** The violation. */
  readonly violation: Violation;
  /** How many recoveries showed it. */
  readonly occurrences: number;
  /** The last event before the crash that shows it in its smallest state. */
  readonly event: number;
  /** The pending versions that reached the disk. */
  readonly persisted: StoredPersisted;
  /** How much that is. */
  readonly size: number;
  /** The part of the search that saw it: its epoch and its place in that. */
  readonly item: readonly [epoch: number, place: number];
}

/** Persisted versions, without anything that JSON does not know. */
export interface StoredPersisted extends Omit<Persisted, "byUnit" | "sizeBytes" | "nested"> {
  /** Units and their versions. */
  readonly byUnit: readonly (readonly [number, UnitVersion])[];
  /** The size, if it does not follow. */
  readonly sizeBytes?: number;
  /** Crashes of recoveries. */
  readonly nested?: readonly { readonly afterEvent: number; readonly persisted: StoredPersisted }[];
}

/**
 * Partial results that do not belong together, or not to this search.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { MergeError } from "@powercut/powercut/harness/advanced";
 *
 * assertThrows(() => {
 *   throw new MergeError(1, "shard", "3/4 again");
 * }, MergeError, "result 1: shard is 3/4 again");
 * ```
 */
export class MergeError extends Error {
  /** The name of this kind of error. */
  override readonly name = "MergeError";

  /** Build the error for the result at `place` whose `field` holds `value`. */
  constructor(
    /** Which of the results, from 0. */
    readonly place: number,
    /** The value of the field. */
    readonly field: string,
    value: string,
  ) {
    super(`result ${place}: ${field} is ${value}`);
  }
}

/** Of a search in shares. */
export interface PartialOptions extends ParallelOptions {
  /** The share; the whole if not given. */
  readonly shard?: Shard;
  /** The earlier result to resume. */
  readonly before?: PartialResult;
}

/**
 * Run a shard of a search, or the rest of one. Parts are dealt to shards in turn. Returns the
 * completed part, and the result as far as it goes. Throws {@linkcode MergeError} if `before`
 * belongs to another search or shard.
 */
export async function explorePartially(
  problem: Problem,
  { shard = WHOLE, before, ...options }: PartialOptions,
): Promise<{ partial: PartialResult; exploration: Exploration }> {
  const identity = identityOf(problem);
  if (before) {
    assertBelongs(0, before, identity);
    if (nameOf(before.shard) !== nameOf(shard)) {
      throw new MergeError(0, "shard", `${nameOf(before.shard)}, not ${nameOf(shard)}`);
    }
  }
  const { search, context } = await searchInParallel(problem, {
    ...options,
    owns: ([epoch, place]) => (epoch + place) % shard.count === shard.index - 1,
    ...(before && { before: doneOf(before) }),
  });
  const { items, effort, findings } = search.done;
  const isComplete = !search.isStopped;
  // In an order that does not depend on who came to an end first.
  const sorted = findings.map(stored).sort((a, b) =>
    violationKey(a.violation) < violationKey(b.violation) ? -1 : 1
  );
  const done = { items, effort, findings: sorted };
  const exploration = explorationOf(context, search.outcome());
  return { partial: { ...identity, shard, isComplete, ...done }, exploration };
}

/**
 * Put the shares of a search together: the same result, to the last figure, as one search gives. Throws
 * {@linkcode MergeError} if they are not all shares of this search, each one once and complete.
 */
export function mergePartials(problem: Problem, partials: readonly PartialResult[]): Exploration {
  const identity = identityOf(problem);
  const count = partials[0]?.shard.count;
  const seen = new Set<number>();
  partials.forEach((partial, place) => {
    assertBelongs(place, partial, identity);
    const { shard, isComplete } = partial;
    if (shard.count !== count || seen.has(shard.index)) {
      throw new MergeError(place, "shard", `${nameOf(shard)}, among shards of ${count}`);
    }
    if (!isComplete) throw new MergeError(place, "isComplete", "false: it was stopped, resume it");
    seen.add(shard.index);
  });
  for (let index = 1; index <= (count ?? 1); index++) {
    if (!seen.has(index)) {
      throw new MergeError(partials.length, "shard", `missing: ${index}/${count}`);
    }
  }
  const { log, target, preset, options } = problem;
  const context = prepareContext(log, target, preset, options);
  const search = new LazySearch(context, options);
  search.countOnly();
  for (const partial of partials) search.absorb(doneOf(partial));
  return explorationOf(context, search.outcome());
}

function identityOf({ log, target, preset, options }: Problem) {
  return { traceHash: traceHash(log, { preset, target }), depth: options.depth ?? 1 };
}

function assertBelongs(
  place: number,
  partial: PartialResult,
  identity: ReturnType<typeof identityOf>,
): void {
  for (const field of ["traceHash", "depth"] as const) {
    if (partial[field] === identity[field]) continue;
    throw new MergeError(place, field, `"${partial[field]}", of this search "${identity[field]}"`);
  }
}

function nameOf({ index, count }: Shard): string {
  return `${index}/${count}`;
}

function doneOf({ items, effort, findings }: PartialResult): Done {
  return { items, effort, findings: findings.map(restored) };
}

function stored({ sighting, occurrences }: SightingCount): StoredSighting {
  return { ...sighting, persisted: storedPersisted(sighting.persisted), occurrences };
}

function storedPersisted({ byUnit, sizeBytes, corruption, nested }: Persisted): StoredPersisted {
  return {
    byUnit: [...byUnit],
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(corruption && { corruption }),
    ...(nested && {
      nested: nested.map((each) => ({ ...each, persisted: storedPersisted(each.persisted) })),
    }),
  };
}

function restored({ occurrences, ...sighting }: StoredSighting): SightingCount {
  return {
    sighting: { ...sighting, persisted: restoredPersisted(sighting.persisted) },
    occurrences,
  };
}

function restoredPersisted({ byUnit, sizeBytes, corruption, nested }: StoredPersisted): Persisted {
  return {
    byUnit: new Map(byUnit),
    sizeBytes,
    ...(corruption && { corruption }),
    ...(nested && {
      nested: nested.map((each) => ({ ...each, persisted: restoredPersisted(each.persisted) })),
    }),
  };
}

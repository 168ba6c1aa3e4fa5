/**
 * A lazy search in parts that can run anywhere, in any order, and be merged.
 *
 * Each epoch starts as one part. If {@linkcode ROOT_RECOVERIES} recoveries do not finish it, the
 * rest of the depth-first search is cut into parts: the choice sequences that begin with each of
 * some prefixes, at least {@linkcode MIN_PARTS} of them if there are enough choices. The cut
 * depends only on the log; and each part only uses its own cache of checked states. So the result
 * does not depend on who runs the parts, or on their number.
 *
 * @module
 */
import type { Coverage, EngineOptions } from "../result/exploration.ts";
import { Contents } from "../model/contents.ts";
import type { Epoch } from "../model/epoch.ts";
import { epochsOf } from "../model/epochs.ts";
import type { SearchEffort } from "../result/certificate.ts";
import { ExhaustiveChoices } from "../choices/choices.ts";
import type { CheckContext } from "../target/check_context.ts";
import { SpaceCount } from "../result/count_states.ts";
import { stateSpaceOf } from "../model/state_space.ts";
import { EpochSearch } from "./epoch_search.ts";
import type { SearchOutcome } from "../result/search_outcome.ts";
import { Findings, type ItemKey, type SightingCount } from "../result/findings.ts";
import { addEfforts, NO_EFFORT } from "../result/search_effort.ts";

/** An epoch is one part of the search if this many recoveries finish it. */
export const ROOT_RECOVERIES = 256;
/** Into how many parts, at least, the rest of an epoch is cut. */
export const MIN_PARTS = 64;
/** An upper bound of the parts of an epoch. */
const MAX_PARTS = 2 ** 20;
/** Recoveries between two reports of progress. */
const PROGRESS_RECOVERIES = 1000;

/** The result of one part of a search. */
export interface PartResult {
  /** Which part. */
  readonly item: ItemKey;
  /** Its cost. */
  readonly effort: SearchEffort;
  /** Its findings. */
  readonly findings: readonly SightingCount[];
}

/** The completed parts of a search, merged. */
export interface Done {
  /** The parts that are done. */
  readonly items: readonly ItemKey[];
  /** Their cost. */
  readonly effort: SearchEffort;
  /** Their findings. */
  readonly findings: readonly SightingCount[];
}

/** A part that is still to be run: the choice sequences of an epoch that begin with a prefix. */
export interface Part {
  /** Which part. */
  readonly item: ItemKey;
  /** How its choice sequences begin. */
  readonly prefix: readonly number[];
  /** Run it here and now; undefined if the search is to stop. */
  run(): PartResult | undefined;
}

/** Options of a search. */
export interface LazySearchOptions extends EngineOptions {
  /** Whether a part belongs to this search; each one if not given. */
  readonly owns?: (item: ItemKey) => boolean;
  /** Parts completed earlier, which are not repeated. */
  readonly before?: Done;
  /** Asked between recoveries, with their number so far: whether to stop. */
  readonly shouldStop?: (recoveries: number) => boolean;
}

/** A search under way. */
export class LazySearch {
  readonly #context: CheckContext;
  readonly #options: LazySearchOptions;
  readonly #contents: Contents;
  /** The findings of completed parts; and all findings, including those of stopped parts. */
  readonly #findingsDone = new Findings();
  readonly #findings = new Findings();
  /** The parts that are done, as numbers: a long log has many. */
  readonly #done = new Set<number>();
  readonly #count: SpaceCount;
  #effortDone = NO_EFFORT;
  #effort = NO_EFFORT;
  #parts = 0;
  #isStopped = false;

  /** Search the states of a context; its epochs' contents are kept in `contents`. */
  constructor(
    context: CheckContext,
    options: LazySearchOptions,
    contents: Contents = new Contents(),
  ) {
    this.#context = context;
    this.#options = options;
    this.#contents = contents;
    this.#count = new SpaceCount(context.preset);
    if (options.before) this.absorb(options.before);
  }

  /**
   * Go through the epochs: complete those that are one part, and yield the parts of larger ones.
   * The caller runs them and passes the results to {@linkcode LazySearch.take}.
   */
  *parts(): Generator<Part> {
    const { context, contents } = { context: this.#context, contents: this.#contents };
    let index = 0;
    for (const epoch of epochsOf(context.log, contents, context.preset)) {
      const prefixes = this.#searchRoot(epoch, index);
      for (let place = 1; place <= prefixes.length; place++) {
        const item: ItemKey = [index, place];
        if (!this.#isOpen(item)) continue;
        const prefix = prefixes[place - 1];
        yield { item, prefix, run: () => this.runPart(epoch, item, prefix) };
      }
      index++;
      const events = context.log.events.length + 1;
      this.#options.onProgress?.(epoch.lastEvent + 2, events, this.#effort.recoveries);
    }
  }

  /** Run a part of an epoch; undefined if the search is to stop before its end. */
  runPart(epoch: Epoch, item: ItemKey, prefix: readonly number[]): PartResult | undefined {
    const findings = new Findings(item);
    const choices = new ExhaustiveChoices(prefix);
    const search = this.#searchOf(epoch, choices, findings);
    const isDone = this.#run(search, choices, Infinity, epoch);
    search.release();
    const result = { item, effort: search.effort, findings: findings.counts() };
    if (isDone) return result;
    this.#takeUnfinished(result);
    return undefined;
  }

  /** Put the result of a part to the rest. */
  take({ item, effort, findings }: PartResult): void {
    this.absorb({ items: [item], effort, findings });
  }

  /** Merge work done elsewhere. */
  absorb({ items, effort, findings }: Done): void {
    for (const item of items) this.#done.add(numberOf(item));
    this.#effortDone = addEfforts(this.#effortDone, effort);
    this.#effort = addEfforts(this.#effort, effort);
    this.#findingsDone.merge(findings);
    this.#findings.merge(findings);
  }

  /** Its findings are valid, though the part is incomplete. */
  #takeUnfinished({ effort, findings }: PartResult): void {
    this.#effort = addEfforts(this.#effort, effort);
    this.#findings.merge(findings);
  }

  /** Go through the epochs without searching them, to count the space for the certificate. */
  countOnly(): void {
    const { log, preset } = this.#context;
    for (const epoch of epochsOf(log, this.#contents, preset)) {
      this.#count.add(stateSpaceOf(epoch, preset, this.#contents));
    }
  }

  /** Whether it is to stop, as things are now. */
  stopsNow(): boolean {
    if (this.#options.shouldStop?.(this.#effort.recoveries)) this.#isStopped = true;
    return this.#isStopped;
  }

  /** Whether it stopped before the end. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The completed parts, with those of earlier runs. */
  get done(): Done {
    const items = [...this.#done].sort((a, b) => a - b).map(itemOf);
    return { items, effort: this.#effortDone, findings: this.#findingsDone.counts() };
  }

  /** The result so far. */
  outcome(): SearchOutcome {
    const coverage: Coverage = this.#isStopped
      ? { kind: "partial", parts: this.#done.size, of: this.#parts }
      : { kind: "exhaustive" };
    return {
      engine: "lazy",
      coverage,
      findings: this.#findings,
      effort: this.#effort,
      count: this.#count,
      depth: this.#options.depth ?? 1,
    };
  }

  /** Whether a part is this search's, and still to be done. */
  #isOpen(item: ItemKey): boolean {
    const isOwn = this.#options.owns?.(item) ?? true;
    if (isOwn) this.#parts++;
    return isOwn && !this.#done.has(numberOf(item));
  }

  #searchOf(epoch: Epoch, choices: ExhaustiveChoices, findings: Findings): EpochSearch {
    const { independent = true, depth = 1 } = this.#options;
    const contents = this.#contents;
    return new EpochSearch(this.#context, epoch, {
      contents,
      choices,
      findings,
      independent,
      depth,
    });
  }

  /** Run the first part of an epoch. Returns the prefixes of the others. */
  #searchRoot(epoch: Epoch, index: number): readonly (readonly number[])[] {
    const item: ItemKey = [index, 0];
    const findings = new Findings(item);
    const choices = new ExhaustiveChoices();
    const search = this.#searchOf(epoch, choices, findings);
    this.#count.add(search.space);
    const isDone = this.#run(search, choices, ROOT_RECOVERIES, epoch);
    search.release();
    if (this.#isOpen(item)) {
      const result = { item, effort: search.effort, findings: findings.counts() };
      if (this.#isStopped) this.#takeUnfinished(result);
      else this.take(result);
    }
    return isDone || this.#isStopped ? [] : this.#split(epoch, choices.left());
  }

  /** Cut prefixes into longer ones, the shortest first, until there are enough. */
  #split(epoch: Epoch, prefixes: readonly (readonly number[])[]): readonly (readonly number[])[] {
    const parts = [...prefixes];
    const leaves: (readonly number[])[] = [];
    while (parts.length > 0 && parts.length + leaves.length < MIN_PARTS) {
      const shortest = parts.reduce((a, b) => b.length < a.length ? b : a);
      parts.splice(parts.indexOf(shortest), 1);
      const choices = new ExhaustiveChoices(shortest);
      const search = this.#searchOf(epoch, choices, new Findings());
      search.askOnly();
      search.release();
      const { nextCount } = choices;
      if (nextCount === undefined) leaves.push(shortest);
      for (let option = 0; option < (nextCount ?? 0); option++) parts.push([...shortest, option]);
    }
    return [...leaves, ...parts];
  }

  /** Run until the choices or the recoveries are used up. Returns whether the part is complete. */
  #run(
    search: EpochSearch,
    choices: ExhaustiveChoices,
    maxRecoveries: number,
    epoch: Epoch,
  ): boolean {
    const before = this.#effort.recoveries;
    let reported = 0;
    do {
      if (this.#options.shouldStop?.(before + search.recoveries)) this.#isStopped = true;
      if (this.#isStopped || search.recoveries >= maxRecoveries) return false;
      search.visit();
      const done = before + search.recoveries;
      if (done - reported < PROGRESS_RECOVERIES) continue;
      reported = done;
      const { events } = this.#context.log;
      this.#options.onProgress?.(epoch.firstEvent + 1, events.length + 1, done);
    } while (choices.advance());
    return true;
  }
}

/** A part as a number; there are fewer than 2^20 to an epoch. */
function numberOf([epoch, place]: ItemKey): number {
  return epoch * MAX_PARTS + place;
}

/** The part with a number. */
function itemOf(number: number): ItemKey {
  return [Math.floor(number / MAX_PARTS), number % MAX_PARTS];
}

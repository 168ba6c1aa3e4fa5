import { prepareContext, type ReferenceContext } from "../reference/check_state.ts";
import type { ItemKey } from "../result/findings.ts";
import { LazySearch, type PartResult } from "../search/lazy_search.ts";
import { Contents } from "../model/contents.ts";
import type { Epoch } from "../model/epoch.ts";
import { epochsOf } from "../model/epochs.ts";
import type { Problem } from "./problem.ts";

/** Runs parts of one search, going through the log as far as each of them needs. */
export class PartRunner {
  readonly #problem: Problem;
  readonly #context: ReferenceContext;
  readonly #onRecovery: (recoveries: number) => void;
  #search: LazySearch;
  #epochs: Iterator<Epoch>;
  #epoch: Epoch | undefined;
  #index = -1;

  /**
   * Run parts of a search of `problem`; `onRecovery` receives the number of recoveries before each
   * one.
   */
  constructor(problem: Problem, onRecovery: (recoveries: number) => void = () => {}) {
    const { log, target, preset, options } = problem;
    this.#problem = problem;
    this.#onRecovery = onRecovery;
    this.#context = prepareContext(log, target, preset, options);
    ({ search: this.#search, epochs: this.#epochs } = this.#start());
  }

  /** Run the part of `item`, whose choice sequences begin with `prefix`. */
  run(item: ItemKey, prefix: readonly number[]): PartResult {
    const [index] = item;
    if (index < this.#index) {
      // Epochs come one after the other, and none comes back.
      ({ search: this.#search, epochs: this.#epochs } = this.#start());
      this.#index = -1;
    }
    for (; this.#index < index; this.#index++) this.#epoch = this.#epochs.next().value;
    return this.#search.runPart(this.#epoch!, item, prefix)!;
  }

  #start(): { search: LazySearch; epochs: Iterator<Epoch> } {
    const { preset, options } = this.#problem;
    const contents = new Contents();
    const shouldStop = (recoveries: number) => {
      this.#onRecovery(recoveries);
      return false;
    };
    return {
      search: new LazySearch(this.#context, { ...options, shouldStop }, contents),
      epochs: epochsOf(this.#context.log, contents, preset),
    };
  }
}

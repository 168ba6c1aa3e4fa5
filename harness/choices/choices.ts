import { NotDeterministicError } from "./not_deterministic_error.ts";

/**
 * The one source of choices. Whatever is not determined (which version of a sector reached the
 * disk, which size persisted) is asked for here, and the answers make up a choice sequence. Exhaustive
 * search, seeded runs and replay differ only in who fills the choice sequence.
 */
export interface Choices {
  /** Answer a number from 0 to `optionCount - 1`. */
  choose(optionCount: number): number;
  /** Whether every answer of this run so far was the same in the run before it. */
  readonly isRetracing: boolean;
  /** Whether runs come in no particular order, so that no run may rely on an earlier one. */
  readonly isUnordered?: boolean;
}

/**
 * Depth-first enumeration of every choice sequence. Run the program once, call {@linkcode advance}, and run
 * it again from the start while that answers true; the program must ask the same questions as
 * long as it gets the same answers. Option 0 comes first everywhere.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ExhaustiveChoices } from "@powercut/powercut/harness/advanced";
 *
 * const choices = new ExhaustiveChoices();
 * const seen: string[] = [];
 * do {
 *   const first = choices.choose(2);
 *   seen.push(first === 0 ? "0" : `1${choices.choose(2)}`);
 * } while (choices.advance());
 * assertEquals(seen, ["0", "10", "11"]);
 * ```
 */
export class ExhaustiveChoices implements Choices {
  readonly #picked: number[];
  readonly #counts: number[] = [];
  /** The number of answers that are given in advance and never change. */
  readonly #fixed: number;
  #depth: number;
  #position = 0;
  /** Where the choice sequence of this run first differs from the one before; -1 in the first run. */
  #changedAt = -1;

  /** Enumerate the choice sequences that begin with `prefix`; all of them if it is not given. */
  constructor(prefix: readonly number[] = []) {
    this.#picked = [...prefix];
    this.#fixed = prefix.length;
    this.#depth = prefix.length;
  }

  /** Whether every answer of this run so far was the same in the run before it. */
  get isRetracing(): boolean {
    return this.#position <= this.#changedAt;
  }

  /** Answer the next question of this run. */
  choose(optionCount: number): number {
    const position = this.#position++;
    if (position < this.#depth) {
      this.#counts[position] ??= optionCount;
      if (this.#counts[position] !== optionCount) {
        throw new NotDeterministicError(
          "the program that is run with choices",
          `question ${position} offered ${optionCount} options after ${
            this.#counts[position]
          } before`,
        );
      }
      return this.#picked[position];
    }
    this.#picked[position] = 0;
    this.#counts[position] = optionCount;
    this.#depth = position + 1;
    return 0;
  }

  /** Turn to the next choice sequence; false when all have been run. */
  advance(): boolean {
    this.#position = 0;
    while (this.#depth > this.#fixed) {
      const last = this.#depth - 1;
      this.#changedAt = last;
      if (++this.#picked[last] < this.#counts[last]) return true;
      this.#depth = last;
    }
    return false;
  }

  /** The answers of this run so far. */
  sequence(): number[] {
    return this.#picked.slice(0, this.#position);
  }

  /**
   * The prefixes of all choice sequences that were not run yet; call it after {@linkcode advance}.
   */
  left(): number[][] {
    const prefixes: number[][] = [this.#picked.slice(0, this.#depth)];
    for (let at = this.#depth - 1; at >= this.#fixed; at--) {
      for (let option = this.#picked[at] + 1; option < this.#counts[at]; option++) {
        prefixes.push([...this.#picked.slice(0, at), option]);
      }
    }
    return prefixes;
  }

  /** The number of options of the question after the prefix; undefined if it was not asked. */
  get nextCount(): number | undefined {
    return this.#position > this.#fixed ? this.#counts[this.#fixed] : undefined;
  }
}

/**
 * Answers from a recorded choice sequence; 0 after its end. Throws {@linkcode ChoiceError}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordedChoices } from "@powercut/powercut/harness/advanced";
 *
 * const choices = new RecordedChoices([2]);
 * assertEquals([choices.choose(3), choices.choose(3)], [2, 0]);
 * ```
 */
export class RecordedChoices implements Choices {
  /** A choice sequence is run once. */
  readonly isRetracing = false;
  readonly #sequence: readonly number[];
  #position = 0;

  /** Answer from `choices`. */
  constructor(sequence: readonly number[]) {
    this.#sequence = sequence;
  }

  /** Answer the next question. */
  choose(optionCount: number): number {
    const picked = this.#sequence[this.#position++] ?? 0;
    if (Number.isInteger(picked) && picked >= 0 && picked < optionCount) return picked;
    throw new ChoiceError(
      `choices[${this.#position - 1}] is ${picked}: must be an integer from 0 to ${
        optionCount - 1
      }`,
    );
  }

  /** Whether every answer was asked for. */
  get isUsedUp(): boolean {
    return this.#position >= this.#sequence.length;
  }
}

/**
 * A choice sequence that does not fit the program that asks.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { RecordedChoices, ChoiceError } from "@powercut/powercut/harness/advanced";
 *
 * assertThrows(() => new RecordedChoices([2]).choose(2), ChoiceError, "from 0 to 1");
 * ```
 */
export class ChoiceError extends Error {
  /** The name of this kind of error. */
  override readonly name = "ChoiceError";
}

import { type Choices, ExhaustiveChoices } from "./choices.ts";

/**
 * All answers of which at most `max` are not the first one: states in which little is other than
 * durable come first. With `max` infinite these are all answers there are.
 */
export class BoundedChoices implements Choices {
  readonly #choices = new ExhaustiveChoices();
  readonly #max: number;
  #spent = 0;
  #hasOmitted = false;

  /** Let at most `max` answers differ from the first option. */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Whether every answer of this run so far was the same in the run before it. With a limit this is
   * always true: another run may have more answers left for the next questions.
   */
  get isRetracing(): boolean {
    return this.#max < Infinity || this.#choices.isRetracing;
  }

  /** Whether a question had answers that were left out; if none had, all answers were given. */
  get hasOmitted(): boolean {
    return this.#hasOmitted;
  }

  /** Answer the next question of this run. */
  choose(optionCount: number): number {
    if (this.#spent >= this.#max) {
      this.#hasOmitted ||= optionCount > 1;
      return 0;
    }
    const picked = this.#choices.choose(optionCount);
    if (picked > 0) this.#spent++;
    return picked;
  }

  /** Turn to the next answers; false when all have been given. */
  advance(): boolean {
    this.#spent = 0;
    return this.#choices.advance();
  }
}

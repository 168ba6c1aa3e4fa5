import { type Choices, ExhaustiveChoices } from "./choices.ts";

/**
 * All answers of which at most `most` are not the first one: states in which little is other than
 * durable come first. With `most` infinite these are all answers there are.
 */
export class BoundedChoices implements Choices {
  readonly #choices = new ExhaustiveChoices();
  readonly #most: number;
  #spent = 0;
  #hasOmitted = false;

  /** Let at most `most` answers differ from the first option. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Whether every answer of this run so far was the same in the run before it. With a limit this is
   * always true: another run may have more answers left for the next questions.
   */
  get isRetracing(): boolean {
    return this.#most < Infinity || this.#choices.isRetracing;
  }

  /** Whether a question had answers that were left out; if none had, all answers were given. */
  get hasOmitted(): boolean {
    return this.#hasOmitted;
  }

  /** Answer the next question of this run. */
  choose(optionCount: number): number {
    if (this.#spent >= this.#most) {
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

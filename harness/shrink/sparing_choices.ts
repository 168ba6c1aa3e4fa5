import { type Choices, ExhaustiveChoices } from "../engine/choices.ts";

/**
 * All answers of which at most `most` are not the first one: states in which little is other than
 * durable come first. With `most` infinite these are all answers there are.
 */
export class SparingChoices implements Choices {
  readonly #choices = new ExhaustiveChoices();
  readonly #most: number;
  #spent = 0;

  /** Let at most `most` answers differ from the first option. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether every answer of this run so far was the same in the run before it. */
  get isRetracing(): boolean {
    return this.#choices.isRetracing;
  }

  /** Answer the next question of this run. */
  choose(optionCount: number): number {
    if (this.#spent >= this.#most) return 0;
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

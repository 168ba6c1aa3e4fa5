import type { Random } from "../../lib/storage/random.ts";
import type { Choices } from "./choices.ts";

/**
 * How often, in 16 times, an answer is not the first option (the durable version). Ordering bugs
 * show when a few writes persist early, or when a few are missing while the rest persists. States
 * with half of the writes tell least: nearly every state is like that.
 */
const CHANCES = [1, 1, 2, 4, 8, 14, 15];

/** Random answers: each run draws how likely a write persists, from rarely to nearly always. */
export class BiasedChoices implements Choices {
  /** A state that was checked before may continue differently this time, so every run counts. */
  readonly isRetracing = true;
  /** Runs come in no order. */
  readonly isUnordered = true;
  readonly #random: Random;
  #chance = 0;
  #sequence: number[] = [];

  /** Answers follow from `random`. In the first run nothing but the durable versions persists. */
  constructor(random: Random) {
    this.#random = random;
  }

  /** Answer the next question of this run. */
  choose(optionCount: number): number {
    const isOther = this.#random.below(16) < this.#chance;
    const picked = isOther && optionCount > 1 ? this.#random.between(1, optionCount - 1) : 0;
    this.#sequence.push(picked);
    return picked;
  }

  /** The answers of this run so far. */
  get sequence(): readonly number[] {
    return this.#sequence;
  }

  /** Begin another run. */
  advance(): void {
    this.#chance = this.#random.pick(CHANCES);
    this.#sequence = [];
  }
}

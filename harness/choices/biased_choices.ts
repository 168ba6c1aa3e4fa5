import type { Random } from "../../lib/storage/random.ts";
import type { Choices } from "./choices.ts";

/**
 * How often, in 16 times, an answer is not the first one (what is durable). Orders are broken by few
 * things that reached the disk before the rest, or by few that are missing while the rest is there; what
 * is half and half says least, as nearly every state is like that.
 */
const CHANCES = [1, 1, 2, 4, 8, 14, 15];

/** Answers by chance: each run has its own likelihood of what is not durable, from little to nearly all. */
export class BiasedChoices implements Choices {
  /** What was judged before may go on otherwise this time: it counts as under way. */
  readonly isRetracing = true;
  /** Runs come in no order. */
  readonly isUnordered = true;
  readonly #random: Random;
  #chance = 0;
  #sequence: number[] = [];

  /** Answers follow from `random`. The first run has no likelihood at all: what is durable. */
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

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { sha256 } from "./digest.ts";

/**
 * Pseudorandom numbers, the same ones for the same seed. One seed derives everything: each case
 * seeds a generator of its own, so a case is the same whichever cases ran before it.
 */
export class Random {
  readonly #generator: RandomGenerator;

  /** A generator for `seed`: texts and numbers, all of which matter, and their order. */
  constructor(...seed: readonly (string | number)[]) {
    const hash = sha256([JSON.stringify(seed)]);
    this.#generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => hash.readInt32LE(at)));
  }

  /** A number from 0 to 2^32 - 1. */
  u32(): number {
    return this.#generator.next() >>> 0;
  }

  /** A 64-bit number. */
  u64(): bigint {
    return BigInt(this.u32()) << 32n | BigInt(this.u32());
  }

  /** A number from 0 to `limit - 1`; `limit` is from 1 to 2^53. */
  below(limit: number): number {
    return uniformInt(this.#generator, 0, limit - 1);
  }

  /** A number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** True with probability 1/`count`. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of some values. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error("random: nothing to pick from");
    return from[this.below(from.length)];
  }

  /** One of some values, with probabilities proportional to their weights. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of choices) {
      if (left < weight) return value;
      left -= weight;
    }
    throw new Error("random: no weights");
  }
}

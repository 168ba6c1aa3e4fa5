/**
 * Numbers that look random and follow from what they are seeded with (the generator is sfc32 of
 * PractRand). One seed derives everything: each case seeds a generator of its own, so a case comes
 * out the same whichever cases ran before it.
 */
export class Random {
  readonly #state: Uint32Array;

  /** A generator for `seed`: any texts and numbers, which all count. */
  constructor(...seed: readonly (string | number)[]) {
    this.#state = hash(JSON.stringify(seed));
    for (let i = 0; i < 12; i++) this.u32();
  }

  /** A number from 0 to 2^32 - 1. */
  u32(): number {
    const s = this.#state;
    const out = (s[0] + s[1] + s[3]) >>> 0;
    s[3]++;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + out;
    return out;
  }

  /** A 64-bit number. */
  u64(): bigint {
    return BigInt(this.u32()) << 32n | BigInt(this.u32());
  }

  /** A number from 0 to `limit - 1`; `limit` is from 1 to 2^53. */
  below(limit: number): number {
    return Math.floor((this.u32() / 2 ** 32 + this.u32() / 2 ** 64) * limit) % limit;
  }

  /** A number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of some values. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error("random: nothing to pick from");
    return from[this.below(from.length)];
  }

  /** One of some values, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of choices) {
      if (left < weight) return value;
      left -= weight;
    }
    throw new Error("random: no weights");
  }
}

/** 32 bits of a text, as eight hexadecimal digits. */
export function textDigest(text: string): string {
  return hash(text)[0].toString(16).padStart(8, "0");
}

/** Four words that depend on each character of a text. */
function hash(text: string): Uint32Array {
  const words = new Uint32Array([0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x85ebca6b]);
  for (let i = 0; i < text.length; i++) {
    for (let w = 0; w < 4; w++) {
      words[w] = Math.imul(words[w] ^ text.charCodeAt(i) ^ (w << 8), 0x01000193 + 2 * w);
      words[w] ^= words[(w + 1) & 3] >>> 15;
    }
  }
  return words;
}

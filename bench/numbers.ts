const SEED = 20100906;

/** Numbers below 2^32 that look random and are the same in every run (xorshift). */
export function seededNumbers(seed: number = SEED): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** The numbers below `count`, always in the same shuffled order. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const next = seededNumbers();
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(next() / 2 ** 32 * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

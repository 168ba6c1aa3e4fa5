import { Random } from "../lib/storage/random.ts";

/** Numbers below 2^32 that look random and are the same in every run. */
export function seededNumbers(): () => number {
  const random = new Random("bench");
  return () => random.u32();
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

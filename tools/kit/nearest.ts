import { UsageError } from "./usage_error.ts";

/**
 * The name that `word` was most likely meant to be: at most a third of its letters different.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nearest } from "./nearest.ts";
 *
 * assertEquals(nearest("chekc", ["check", "create"]), "check");
 * assertEquals(nearest("frobnicate", ["check", "create"]), undefined);
 * ```
 */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 0.5;
  for (const name of names) {
    const distance = Math.min(
      editDistance(word, name),
      // A beginning counts as a small mistake, another case as an even smaller one.
      name.startsWith(word) && word.length > 2 ? 1 : Infinity,
      name.toLowerCase() === word.toLowerCase() ? 0.5 : Infinity,
    );
    if (distance >= bestDistance) continue;
    best = name;
    bestDistance = distance;
  }
  return best;
}

/** Letters to insert, remove, replace or swap with their neighbour to get from one to the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length];
}

/** The end of a message about an unknown word: `(did you mean 'check'?)`, or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const likely = nearest(word, names);
  return likely === undefined ? "" : ` (did you mean '${likely}'?)`;
}

/** The value known as `name`. Throws {@linkcode UsageError} with the nearest name or all of them. */
export function lookUp<T>(what: string, name: string, known: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(known, name)) return known[name];
  const names = Object.keys(known);
  throw new UsageError(
    `unknown ${what} '${name}'${didYouMean(name, names) || `: must be one of ${names.join(", ")}`}`,
  );
}

import type { Persisted } from "../model/persisted.ts";
import { type Violation, VIOLATION_KINDS, violationKey } from "./violation.ts";

/** A violation and the state that shows it. */
export interface Sighting {
  readonly violation: Violation;
  readonly event: number;
  readonly persisted: Persisted;
  /** The number of pending versions that reached the disk, and of corruptions. */
  readonly size: number;
  /** The part of the search that saw it: of states that are as small the first one counts. */
  readonly item: ItemKey;
}

/** A part of a search: its epoch, and its place among the parts of that, from 0. */
export type ItemKey = readonly [epoch: number, place: number];

/** A violation as one part of a search has seen it. */
export interface SightingCount {
  readonly sighting: Sighting;
  readonly occurrences: number;
}

/**
 * Each different violation with its smallest state: the one with the fewest versions, then the
 * earliest, then the first in the order of the search. The findings of parts of a search can
 * therefore be merged in any order.
 */
export class Findings {
  readonly #seen = new Map<string, SightingCount>();
  readonly #item: ItemKey;

  /** The findings of `item` of a search. */
  constructor(item: ItemKey = [0, 0]) {
    this.#item = item;
  }

  /** How many different violations there are. */
  get size(): number {
    return this.#seen.size;
  }

  /** The keys of all violations, sorted. */
  get keys(): string[] {
    return [...this.#seen.keys()].sort();
  }

  /** Take note of a violation; `persisted` is only asked for if its state is the smallest yet. */
  add(violation: Violation, event: number, size: number, persisted: () => Persisted): void {
    const key = violationKey(violation);
    const known = this.#seen.get(key);
    const best = known?.sighting;
    const isBest = !best || size < best.size || (size === best.size && event < best.event);
    const sighting = isBest
      ? { violation, event, persisted: persisted(), size, item: this.#item }
      : best;
    this.#seen.set(key, { sighting, occurrences: (known?.occurrences ?? 0) + 1 });
  }

  /** All that was seen, in no order that matters. */
  counts(): SightingCount[] {
    return [...this.#seen.values()];
  }

  /** Merge the findings of another part of the search. */
  merge(others: readonly SightingCount[]): void {
    for (const { sighting, occurrences } of others) {
      const key = violationKey(sighting.violation);
      const known = this.#seen.get(key);
      const best = known && compare(known.sighting, sighting) <= 0 ? known.sighting : sighting;
      this.#seen.set(key, {
        sighting: best,
        occurrences: (known?.occurrences ?? 0) + occurrences,
      });
    }
  }

  /** Every violation with its smallest state, the worst kind first. */
  sorted(): SightingCount[] {
    const rank = ({ violation }: Sighting) => VIOLATION_KINDS.indexOf(violation.kind);
    return this.counts().sort(({ sighting: a }, { sighting: b }) =>
      rank(a) - rank(b) || a.event - b.event || a.size - b.size || a.item[0] - b.item[0] ||
      a.item[1] - b.item[1] || (violationKey(a.violation) < violationKey(b.violation) ? -1 : 1)
    );
  }
}

/** Which of two states that show the same violation is the smaller one, or else comes first. */
function compare(a: Sighting, b: Sighting): number {
  return a.size - b.size || a.event - b.event || a.item[0] - b.item[0] || a.item[1] - b.item[1];
}

import type { StateCount } from "../exploration.ts";
import type { StateSpace } from "../model/state_space.ts";

/** log2 above which a count is not kept exactly. */
const MOST_EXACT_LOG2 = 64;

/** Adds up numbers of states, exactly while that is sensible and as a logarithm always. */
export class StateCounter {
  #exact: bigint | undefined = 0n;
  #log2 = -Infinity;

  /** Add a product of factors, given as its logarithm and, if small, exactly. */
  add(log2: number, exact: () => bigint): void {
    const high = Math.max(this.#log2, log2);
    this.#log2 = high + Math.log2(2 ** (this.#log2 - high) + 2 ** (log2 - high));
    const keeps = this.#exact !== undefined && this.#log2 < MOST_EXACT_LOG2;
    this.#exact = keeps ? this.#exact! + exact() : undefined;
  }

  /** The sum. */
  get total(): StateCount {
    const log2 = Math.round(this.#log2 * 1000) / 1000;
    return this.#exact === undefined ? { log2 } : { exact: `${this.#exact}`, log2 };
  }
}

/** Add the states of every crash point of a space's epoch. */
export function countStates(space: StateSpace, counter: StateCounter): void {
  const { epoch, units, sizes } = space;
  // What has more versions from an event on: the factors that grow there.
  const growing = new Map<number, number[]>();
  const events = [...units.map((unit) => unit.versionEvents), sizes.map((size) => size.event)];
  const counts = events.map(() => 0);
  let log2 = 0;
  const grow = (factor: number) => {
    const count = ++counts[factor];
    if (count > 1) log2 += Math.log2(count / (count - 1));
  };
  events.forEach((versions, factor) => {
    for (const event of versions) {
      if (event <= epoch.firstEvent) grow(factor);
      else growing.set(event, [...(growing.get(event) ?? []), factor]);
    }
  });
  for (let event = epoch.firstEvent; event <= epoch.lastEvent; event++) {
    for (const factor of growing.get(event) ?? []) grow(factor);
    counter.add(log2, () => counts.reduce((product, count) => product * BigInt(count), 1n));
  }
}

/** Add the different images of a space. */
export function countImages(space: StateSpace, counter: StateCounter): void {
  const counts = [...space.units.map((unit) => unit.optionCount), space.sizes.length];
  const log2 = counts.reduce((sum, count) => sum + Math.log2(count), 0);
  counter.add(log2, () => counts.reduce((product, count) => product * BigInt(count), 1n));
}

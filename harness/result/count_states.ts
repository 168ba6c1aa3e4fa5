import type { StateCount } from "./exploration.ts";
import { CORRUPTION_FILLS } from "../model/corruption.ts";
import type { Preset } from "../model/presets.ts";
import type { StateSpace } from "../model/state_space.ts";

/** log2 above which a count is not kept exactly. */
const MAX_EXACT_LOG2 = 64;

/** Adds up numbers of states, exactly while that is sensible and as a logarithm always. */
export class StateCounter {
  #exact: bigint | undefined = 0n;
  #log2 = -Infinity;

  /** Add a product of factors, given as its logarithm and, if small, exactly. */
  add(log2: number, exact: () => bigint): void {
    const high = Math.max(this.#log2, log2);
    this.#log2 = high + Math.log2(2 ** (this.#log2 - high) + 2 ** (log2 - high));
    const keeps = this.#exact !== undefined && this.#log2 < MAX_EXACT_LOG2;
    this.#exact = keeps ? this.#exact! + exact() : undefined;
  }

  /** The sum. */
  get total(): StateCount {
    const log2 = Math.round(this.#log2 * 1000) / 1000;
    return this.#exact === undefined ? { log2 } : { exact: `${this.#exact}`, log2 };
  }
}

/** Counts the states and images of all epochs. */
export class SpaceCount {
  readonly #states = new StateCounter();
  readonly #images: StateCounter | undefined;
  #epochs = 0;
  #units = 0;

  /** Nothing yet; images are not counted where writes corrupt things. */
  constructor(preset: Preset) {
    this.#images = preset.corruptionBytes === 0 ? new StateCounter() : undefined;
  }

  /** Add an epoch. */
  add(space: StateSpace): void {
    countStates(space, this.#states);
    if (this.#images) countImages(space, this.#images);
    this.#epochs++;
    this.#units += space.units.length;
  }

  /** Pairs of crash point and state. */
  get states(): StateCount {
    return this.#states.total;
  }

  /** Different images, each epoch on its own; undefined if they are not counted. */
  get images(): StateCount | undefined {
    return this.#images?.total;
  }

  /** How many epochs there are. */
  get epochs(): number {
    return this.#epochs;
  }

  /** Units that vary. */
  get units(): number {
    return this.#units;
  }
}

/** Add the states of every crash point of a space's epoch. */
export function countStates(space: StateSpace, counter: StateCounter): void {
  const { epoch, units, sizes, corruptions } = space;
  const product = new GrowingProduct();
  const growth = new Map<number, (() => void)[]>();
  const from = (event: number, grow: () => void) => {
    if (event <= epoch.firstEvent) grow();
    else growth.set(event, [...(growth.get(event) ?? []), grow]);
  };
  for (const { versionEvents, tearCounts } of units) {
    const factor = product.addFactor();
    versionEvents.forEach((event, i) =>
      from(event, () => product.grow(factor, tearCounts[i] ?? 0))
    );
  }
  const size = product.addFactor();
  for (const { event } of sizes) from(event, () => product.grow(size, 0));
  for (let event = epoch.firstEvent; event <= epoch.lastEvent; event++) {
    for (const grow of growth.get(event) ?? []) grow();
    const inFlight = corruptions.filter((write) =>
      write.event <= event && write.completedAt > event
    ).length;
    const options = 1 + CORRUPTION_FILLS.length * inFlight;
    counter.add(product.log2 + Math.log2(options), () => product.exact * BigInt(options));
  }
}

/** Add the different images of a space; not asked for where writes corrupt things. */
export function countImages(space: StateSpace, counter: StateCounter): void {
  const product = new GrowingProduct();
  const add = (wholeCount: number, tornCount: number) => {
    const factor = product.addFactor();
    for (let i = 0; i < wholeCount; i++) product.grow(factor, i === 0 ? tornCount : 0);
  };
  for (const { optionCount, torn } of space.units) add(optionCount, torn.length);
  add(space.sizes.length, 0);
  counter.add(product.log2, () => product.exact);
}

/** How many states some units have together, of which at most one is torn. */
class GrowingProduct {
  readonly #whole: number[] = [];
  readonly #torn: number[] = [];
  #wholeLog2 = 0;
  /** The sum, over all units, of torn versions for each whole one. */
  #tornShare = 0;

  /** Add a unit that has no version yet. Returns its number. */
  addFactor(): number {
    this.#torn.push(0);
    return this.#whole.push(0) - 1;
  }

  /** One whole version more, and `tornCount` torn ones. */
  grow(factor: number, tornCount: number): void {
    const before = this.#whole[factor]++;
    if (before > 0) {
      this.#wholeLog2 += Math.log2((before + 1) / before);
      this.#tornShare -= this.#torn[factor] / before;
    }
    this.#torn[factor] += tornCount;
    this.#tornShare += this.#torn[factor] / (before + 1);
  }

  /** log2 of the number. */
  get log2(): number {
    return this.#wholeLog2 + Math.log2(1 + this.#tornShare);
  }

  /** The number. */
  get exact(): bigint {
    let whole = 1n;
    let torn = 0n;
    this.#whole.forEach((count, factor) => {
      torn = torn * BigInt(count) + whole * BigInt(this.#torn[factor]);
      whole *= BigInt(count);
    });
    return whole + torn;
  }
}

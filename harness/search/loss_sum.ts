import type { Decision } from "./decision.ts";
import type { Run } from "./epoch_search.ts";
import type { Finding, Oracle } from "./oracle.ts";

/** An option of a group: the space that it loses beyond the durable one, and its earliest crash. */
interface Loss {
  readonly plan: ReadonlyMap<number, number>;
  readonly isTorn: boolean;
  readonly event: number;
  readonly lostBytes: number;
}

/**
 * The maximum space that groups of independent units can lose together, for each crash point: the
 * sum of the maximum losses of each. The run of a group checks its own loss.
 */
export class LossSum {
  readonly #oracle: Oracle;
  readonly #baseBytes: number | undefined;
  readonly #baseEvent: number;
  readonly #isBaseTorn: boolean;
  readonly #groups: Loss[][] = [];

  /** Start from a run in which all groups are durable. */
  constructor(oracle: Oracle, { leakedBytes, earliestEvent, isTorn }: Run) {
    this.#oracle = oracle;
    this.#baseBytes = leakedBytes;
    this.#baseEvent = earliestEvent;
    this.#isBaseTorn = isTorn;
  }

  /** Losses added from now on belong to another group. */
  nextGroup(): void {
    this.#groups.push([]);
  }

  /** Take note of a run in which one group is otherwise. */
  add({ plan, leakedBytes, earliestEvent: event, ...run }: Run): void {
    const isTorn = run.isTorn && !this.#isBaseTorn;
    if (leakedBytes === undefined || this.#baseBytes === undefined) return;
    const lostBytes = leakedBytes - this.#baseBytes;
    if (lostBytes <= 0) return;
    this.#groups[this.#groups.length - 1].push({ plan, isTorn, event, lostBytes });
  }

  /** The earliest crash point at which all groups together lose more than they may, if there is one. */
  finding(): Finding | undefined {
    if (this.#baseBytes === undefined) return undefined;
    const events = new Set(this.#groups.flat().map(({ event }) => event));
    for (const event of [...events].sort((a, b) => a - b)) {
      const worst = this.#worstBy(event);
      const total = worst.reduce((sum, { lostBytes }) => sum + lostBytes, this.#baseBytes);
      const violation = this.#oracle.lossViolation(total, Math.max(event, this.#baseEvent));
      if (!violation) continue;
      const because: Decision[] = worst.flatMap(({ plan }) => [...plan]);
      return { violation, event: Math.max(event, this.#baseEvent), because };
    }
    return undefined;
  }

  /** For each group the maximum loss by `event`; one unit may be torn. */
  #worstBy(event: number): Loss[] {
    const whole = this.#groups.map((group) => maxLoss(group, event, false));
    const torn = this.#groups.map((group) => maxLoss(group, event, true));
    const gain = (place: number) => (torn[place]?.lostBytes ?? 0) - (whole[place]?.lostBytes ?? 0);
    let best = -1;
    whole.forEach((_, place) => {
      if (gain(place) > (best < 0 ? 0 : gain(best))) best = place;
    });
    return whole.flatMap((loss, place) => (place === best ? torn[place] : loss) ?? []);
  }
}

function maxLoss(group: readonly Loss[], event: number, isTorn: boolean): Loss | undefined {
  let worst: Loss | undefined;
  for (const loss of group) {
    if (loss.event > event || loss.isTorn !== isTorn) continue;
    if (!worst || loss.lostBytes > worst.lostBytes) worst = loss;
  }
  return worst;
}

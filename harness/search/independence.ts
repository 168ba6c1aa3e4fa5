/**
 * Independent choices: searched in sums instead of products.
 *
 * Twenty sectors of tables, each old or new, are 2^20 behaviours of recovery to plain depth-first
 * search. Most of them teach nothing: the effect of one table entry does not depend on another one,
 * unless both refer to the same object. A target can give hints about its format ({@linkcode
 * Target.independence}): which reads fetch such sectors, and which objects a sector refers to. Then
 *
 * 1. the questions of recovery are split into *common* ones (the header, the L1 table, the size)
 *    and the versions of *independent* units. Common ones are searched depth-first as usual.
 * 2. For each answer to the common ones, the independent units that recovery reads are put into
 *    groups: two units are in one group if some version of the one refers to an object that some
 *    version of the other refers to, or to the place of the other. Groups share no object.
 * 3. Each group is searched in full, with all other groups durable. So numbers of behaviours are
 *    added, not multiplied.
 *
 * Why that is exhaustive. A broken promise is about one object: a guest sector, a table entry. Its
 * state follows from the common answers and from the group of the unit that maps it: others could
 * matter only by referring to the same object. So a broken promise of any combination also shows
 * with that group as in the combination and all others durable; and it shows for an earlier crash,
 * which permits less, since nothing else has to have happened. One promise is about all groups
 * together: the amount of lost space. Each unit loses space on its own, so the maximum loss is the
 * sum of the maximum losses of the groups; it is computed for each crash point, and compared.
 *
 * The search does not trust the target. It verifies the premises for each answer to the common
 * questions: varying a group asks no new question, reads no further unit, and leaves the file with
 * the same length in the end; no independent sector is read as something else; and two combinations
 * of all groups, the newest of all and a random one, show nothing that the groups did not. Where a
 * premise fails, all combinations of that answer are run. The tests compare the whole with plain
 * search and with brute force on thousands of small cases.
 *
 * Not used where writes corrupt their neighbourhood, or persist as a whole: units are not
 * independent then.
 *
 * @module
 */
import type { Contents } from "../model/contents.ts";
import { SECTOR_BYTES } from "../model/contents.ts";
import type { StateSpace } from "../model/state_space.ts";
import type { IndependenceHints } from "../target/target.ts";
import { contentOfOption } from "./decision.ts";

/** Makes numbers that follow each other look as if they did not. */
const SPREAD = 0x9e3779b1;

/** The places of a unit, and the objects that any of its versions refers to. */
interface UnitHints {
  readonly places: ReadonlySet<number>;
  readonly refers: ReadonlySet<number>;
}

/** Puts units into groups that share no claim. */
export class IndependentGroups {
  readonly #space: StateSpace;
  readonly #contents: Contents;
  readonly #hints: IndependenceHints;
  readonly #known = new Map<number, UnitHints>();

  /** Group the units of `space`. */
  constructor(space: StateSpace, contents: Contents, hints: IndependenceHints) {
    this.#space = space;
    this.#contents = contents;
    this.#hints = hints;
  }

  /** The groups of some units; only units with a choice are in one. */
  of(units: readonly number[]): number[][] {
    const groups = new Map<number, number[]>();
    const groupOf = new Map<number, number>();
    const join = (a: number, b: number) => {
      const [from, to] = [groupOf.get(a)!, groupOf.get(b)!];
      if (from === to) return;
      for (const unit of groups.get(from)!) {
        groupOf.set(unit, to);
        groups.get(to)!.push(unit);
      }
      groups.delete(from);
    };
    const open = units.filter((unit) => this.optionCount(unit) > 1);
    for (const unit of open) {
      groups.set(unit, [unit]);
      groupOf.set(unit, unit);
    }
    const referrer = new Map<number, number>();
    for (const unit of open) {
      for (const thing of this.#of(unit).refers) {
        const other = referrer.get(thing);
        if (other === undefined) referrer.set(thing, unit);
        else join(unit, other);
      }
    }
    for (const unit of open) {
      for (const place of this.#of(unit).places) {
        const other = referrer.get(place);
        if (other !== undefined) join(unit, other);
      }
    }
    return [...groups.values()];
  }

  /**
   * Every way to choose for the units of a group, but the one in which all are as durably. At most
   * one unit is torn; none if there `isTorn` one already.
   */
  *assignments(
    group: readonly number[],
    isTorn: boolean,
  ): Generator<ReadonlyMap<number, number>> {
    const options = group.map(() => 0);
    const isPossible = () =>
      group.filter((unit, i) => options[i] >= this.#space.units[unit].optionCount).length <=
        (isTorn ? 0 : 1);
    for (;;) {
      let place = 0;
      while (place < group.length && ++options[place] === this.optionCount(group[place])) {
        options[place++] = 0;
      }
      if (place === group.length) return;
      if (isPossible()) yield new Map(group.map((unit, i) => [unit, options[i]]));
    }
  }

  /** Two combinations of all groups: everything at its newest, and a mixture. */
  samples(units: readonly number[]): ReadonlyMap<number, number>[] {
    const wholeCount = (unit: number) => this.#space.units[unit].optionCount;
    return [
      new Map(units.map((unit) => [unit, wholeCount(unit) - 1])),
      new Map(units.map((unit) => [unit, (Math.imul(unit + 1, SPREAD) >>> 8) % wholeCount(unit)])),
    ];
  }

  /** How many versions a unit has, torn ones included. */
  optionCount(unit: number): number {
    const { optionCount, torn } = this.#space.units[unit];
    return optionCount + torn.length;
  }

  #of(index: number): UnitHints {
    const known = this.#known.get(index);
    if (known) return known;
    const places = new Set<number>();
    const refers = new Set<number>();
    const unit = this.#space.units[index];
    for (const place of unit.places) {
      const pending = this.#space.sectors[place];
      const offsetBytes = pending.sector * SECTOR_BYTES;
      places.add(this.#hints.placeOf(offsetBytes));
      for (let option = 0; option < this.optionCount(index); option++) {
        const content = contentOfOption(pending, unit, option);
        for (const thing of this.#hints.refersTo(this.#contents.bytesOf(content))) {
          refers.add(thing);
        }
      }
    }
    const hints = { places, refers };
    this.#known.set(index, hints);
    return hints;
  }
}

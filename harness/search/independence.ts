/**
 * Adding instead of multiplying: choices that have nothing to do with each other.
 *
 * Twenty sectors of tables, each old or new, are 2^20 behaviours of recovery to plain depth-first
 * search, although nothing is learned from most of them: what becomes of one table entry does not
 * depend on another one, unless both lay claim to the same thing. A target that knows this of its
 * format says so ({@linkcode Target.independence}): which reads fetch such sectors, and what a sector
 * claims. Then
 *
 * 1. the questions that recovery asks are split: *common* ones (the header, the L1 table, the size)
 *    and which version each *independent* unit has. Common ones are searched depth-first as ever.
 * 2. For each answer to the common ones the independent units that recovery reads are put into
 *    groups: two units are in one group if some version of the one claims what some version of the
 *    other claims, or the place where the other one is. Groups share no claim.
 * 3. Each group is searched whole, with all other groups as they are durably. So numbers of
 *    behaviours are added up, not multiplied.
 *
 * Why that is exhaustive. A broken promise is about one thing: a guest sector, a table entry. What
 * becomes of it follows from the common answers and from the group of the unit that maps it: others
 * could matter only by claiming what it claims. So a broken promise of any combination shows with
 * that group as it is in the combination and all others as they are durably; and it shows for an
 * earlier crash, which allows less, since nothing else has to have happened. One promise is about
 * all groups together: how much space is lost. Space is lost by each unit on its own, so the most
 * that can be lost is the sum of the most that each group can lose; that is added up, for each
 * crash point, and compared.
 *
 * Nobody has to believe the target. The premises are checked on the way, for each answer to the
 * common questions: varying a group asks nothing new, brings no further unit into play, and leaves
 * the file of the same length in the end; no independent sector is read as something else; and two
 * combinations of all groups, the newest of all and a random one, show nothing that the groups did
 * not. Where a premise fails, that answer's combinations are all run. The tests compare the whole
 * with plain search and with brute force on thousands of small cases.
 *
 * Not used where writes corrupt what is around them, or persist as a whole: units are not independent
 * then.
 *
 * @module
 */
import type { Contents } from "../model/contents.ts";
import { SECTOR_BYTES } from "../model/contents.ts";
import type { StateSpace } from "../model/state_space.ts";
import type { IndependenceHints } from "../target/target.ts";
import { contentOfOption } from "./decisions.ts";

/** Makes numbers that follow each other look as if they did not. */
const SPREAD = 0x9e3779b1;

/** What all versions of a unit together claim. */
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

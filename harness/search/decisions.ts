import type { Contents } from "../model/contents.ts";
import { corruptedSector, CORRUPTION_FILLS } from "../model/corruption.ts";
import type { PendingSector, StateSpace, Unit } from "../model/state_space.ts";
import type { UnitVersion } from "../model/unit_version.ts";
import type { Persisted } from "../model/persisted.ts";
import type { PlannedChoices } from "../choices/planned_choices.ts";
import { type Candidate, contentOfOption, type Decision, NO_PLAN, versionOf } from "./decision.ts";

const UNDECIDED = -1;
/**
 * The decisions of one run about the state after a crash: the version of each unit, the size, and
 * which write corrupted its neighbourhood. Nothing is decided before it is needed.
 */
export class Decisions {
  readonly #space: StateSpace;
  readonly #choices: PlannedChoices;
  /** For each unit, and each write that may corrupt, its option in this run, or -1. */
  readonly #chosen: Int32Array;
  readonly #decided: number[] = [];
  /** The contents of a corrupted sector, for each option of a write that corrupts. */
  readonly #corruptedContents: readonly number[];
  #sizeOption = UNDECIDED;
  #sizeBytes = 0;
  #earliestEvent = -1;
  /** The crash comes before this event: the write that corrupted something was in flight. */
  #crashBefore = Infinity;
  /** The write that corrupted something, as a unit, or -1. */
  #corruptedBy = UNDECIDED;
  #isTorn = false;
  /** The planned options of independent units; others are durable. */
  #plan: ReadonlyMap<number, number> = NO_PLAN;
  readonly #independent: number[] = [];
  /** Whether the current read is independent of all else, according to the target's hints. */
  isIndependent = false;
  #isMixed = false;
  #isPlanRecovered = false;

  /** Decide about the states of `space` by asking `choices`. */
  constructor(space: StateSpace, contents: Contents, choices: PlannedChoices) {
    this.#space = space;
    this.#choices = choices;
    this.#chosen = new Int32Array(space.units.length + space.corruptions.length).fill(UNDECIDED);
    const fills = space.corruptions.length > 0 ? CORRUPTION_FILLS : [];
    this.#corruptedContents = fills.map((fill) => contents.idOf(corruptedSector(fill)));
  }

  /** Start a run: nothing is decided except for the planned options of independent units. */
  begin(plan: ReadonlyMap<number, number> = NO_PLAN): void {
    this.#plan = plan;
    this.#independent.length = 0;
    this.#isMixed = false;
    this.#isPlanRecovered = false;
    for (const unit of this.#decided) this.#chosen[unit] = UNDECIDED;
    this.#decided.length = 0;
    this.#sizeOption = UNDECIDED;
    this.#earliestEvent = this.#space.epoch.firstEvent;
    this.#crashBefore = Infinity;
    this.#corruptedBy = UNDECIDED;
    this.#isTorn = false;
  }

  /** The earliest crash that can leave the decisions so far, as the last event before it. */
  get earliestEvent(): number {
    return this.#earliestEvent;
  }

  /**
   * Whether all decisions so far were the same in an earlier run, or the plan has had no effect
   * yet: either way later decisions are new.
   */
  get isRetracing(): boolean {
    if (this.#choices.isRetracing) return true;
    for (const unit of this.#plan.keys()) if (this.#chosen[unit] < 0) return true;
    return false;
  }

  /** Whether a unit is torn: then no other one is. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  /** The units decided in this run, in the order in which they were. */
  get decided(): readonly number[] {
    return this.#decided;
  }

  /** The units that were read as independent ones in this run. */
  get independent(): readonly number[] {
    return this.#independent;
  }

  /** Whether one of them was read as something else too. */
  get isMixed(): boolean {
    return this.#isMixed;
  }

  /** The first recovery of this run is over. */
  endRecovery(): void {
    this.#choices.endRecovery();
    for (const unit of this.#plan.keys()) this.#isPlanRecovered ||= this.#chosen[unit] >= 0;
  }

  /** Whether the plan had had an effect when the first recovery was over. */
  get isPlanRecovered(): boolean {
    return this.#isPlanRecovered;
  }

  /** The option of a unit, or -1 while it is undecided. */
  optionOf(unit: number): number {
    return this.#chosen[unit];
  }

  /** Whether anything was decided about a pending sector. */
  isDecided(pending: PendingSector): boolean {
    for (const unit of pending.units) if (this.#chosen[unit] >= 0) return true;
    for (const corruption of pending.corruptions) {
      if (this.#chosen[this.#unitOfCorruption(corruption)] >= 0) return true;
    }
    return false;
  }

  /** The units decided in this run that are not durable, with their options. */
  persisted(): Decision[] {
    const all = this.#decided.map((unit) => [unit, this.#chosen[unit]] as const);
    return all.filter(([, option]) => option !== 0);
  }

  /** The meaning of decisions: the versions that reached the disk, the size, and the corruption. */
  describe(decisions: readonly Decision[]): Persisted {
    const byUnit = new Map<number, UnitVersion>();
    let corruption: Persisted["corruption"];
    for (const [index, option] of decisions) {
      if (option === 0) continue;
      const unit = this.#space.units[index];
      if (unit) byUnit.set(unit.key, versionOf(unit, option));
      else {
        const { event } = this.#space.corruptions[index - this.#space.units.length];
        corruption = { event, fill: CORRUPTION_FILLS[option - 1] };
      }
    }
    return { byUnit, sizeBytes: this.#persistedSizeBytes, ...(corruption && { corruption }) };
  }

  /** Whether the size was decided. */
  get isSizeDecided(): boolean {
    return this.#sizeOption >= 0;
  }

  /** The size that persisted, in bytes; undefined while it is undecided, or where it follows. */
  get #persistedSizeBytes(): number | undefined {
    if (this.#space.sizeUnit !== undefined || this.#sizeOption < 0) return undefined;
    return this.#sizeBytes;
  }

  /** Whether units can take these options at once: they contradict neither each other nor this run. */
  isPossible(because: Candidate["because"]): boolean {
    const options = new Map<number, number>();
    let earliestEvent = this.#earliestEvent;
    let crashBefore = this.#crashBefore;
    let tornCount = this.#isTorn ? 1 : 0;
    let corruptionCount = this.#corruptedBy >= 0 ? 1 : 0;
    for (const [index, option] of because) {
      const known = this.#chosen[index] >= 0 ? this.#chosen[index] : options.get(index);
      if (known !== undefined && known !== option) return false;
      options.set(index, option);
      if (known !== undefined || option === 0) continue;
      const unit = this.#space.units[index];
      if (unit) {
        earliestEvent = Math.max(earliestEvent, versionOf(unit, option).event);
        if (option >= unit.optionCount) tornCount++;
      } else {
        const corruption = this.#space.corruptions[index - this.#space.units.length];
        earliestEvent = Math.max(earliestEvent, corruption.event);
        crashBefore = Math.min(crashBefore, corruption.completedAt);
        corruptionCount++;
      }
    }
    return tornCount <= 1 && corruptionCount <= 1 && earliestEvent < crashBefore;
  }

  /** The versions of a pending sector that the decisions so far leave open. */
  versionsOf(pending: PendingSector): Candidate[] {
    if (this.#isCorrupted(pending)) {
      return [{ content: this.#corruptedContent(), event: -1, because: [] }];
    }
    const whole = this.#isSubset ? this.#subsetVersions(pending) : this.#unitVersions(pending);
    return pending.corruptions.length === 0 ? whole : this.#orCorrupted(pending, whole);
  }

  /**
   * The versions of a sector if no write has corrupted it, and the corrupted contents otherwise.
   */
  #orCorrupted(pending: PendingSector, whole: readonly Candidate[]): Candidate[] {
    const open = pending.corruptions.filter((corruption) => this.#mayCorrupt(corruption));
    const spared = open.map((corruption): Decision => [this.#unitOfCorruption(corruption), 0]);
    const corrupted = open.flatMap((corruption) =>
      this.#corruptedContents.map((content, fill): Candidate => ({
        content,
        event: this.#space.corruptions[corruption].event,
        because: [[this.#unitOfCorruption(corruption), fill + 1]],
      }))
    );
    return [
      ...whole.map((version) => ({ ...version, because: [...version.because, ...spared] })),
      ...corrupted,
    ];
  }

  #unitVersions(pending: PendingSector): Candidate[] {
    if (pending.units.length === 0) return [{ content: pending.durable, event: -1, because: [] }];
    const [index] = pending.units;
    const unit = this.#space.units[index];
    const chosen = this.#chosen[index];
    const options = chosen >= 0 ? [chosen] : Array.from(
      { length: this.#optionCount(unit) },
      (_, option) => option,
    );
    return options.map((option) => ({
      content: contentOfOption(pending, unit, option),
      event: versionOf(unit, option).event,
      because: [[index, option]],
    }));
  }

  /** Under `writes`: the newest write that is there decides, and those after it are not there. */
  #subsetVersions(pending: PendingSector): Candidate[] {
    const versions: Candidate[] = [];
    const absent: [number, number][] = [];
    for (let last = pending.writes.length - 1; last >= 0; last--) {
      const index = pending.units[last];
      const { content, ordinal } = pending.writes[last];
      if (this.#chosen[index] !== 0) {
        const { event } = this.#space.epoch.writes[ordinal];
        versions.push({ content, event, because: [...absent, [index, 1]] });
      }
      if (this.#chosen[index] === 1) return versions;
      absent.push([index, 0]);
    }
    versions.push({ content: pending.durable, event: -1, because: absent });
    return versions;
  }

  get #isSubset(): boolean {
    return this.#space.preset.unit === "write" && !this.#space.preset.ordered;
  }

  #decide(index: number): number {
    const known = this.#chosen[index];
    if (known >= 0) return known;
    const unit = this.#space.units[index];
    const option = this.#pick(index, this.#optionCount(unit));
    this.#chosen[index] = option;
    this.#decided.push(index);
    const { event } = versionOf(unit, option);
    if (event > this.#earliestEvent) this.#earliestEvent = event;
    if (option >= unit.optionCount) this.#isTorn = true;
    return option;
  }

  #pick(index: number, optionCount: number): number {
    if (optionCount === 1) return 0;
    if (!this.isIndependent) return this.#choices.choose(optionCount);
    this.#independent.push(index);
    return this.#choices.chooseFreely(index, optionCount) ?? this.#plan.get(index) ?? 0;
  }

  /**
   * The number of options of a unit that are compatible with the decisions: only one unit may be
   * torn.
   */
  #optionCount(unit: Unit): number {
    const { optionCount, torn, events } = unit;
    if (torn.length > 0) return this.#isTorn ? optionCount : optionCount + torn.length;
    return this.#countBeforeCrash(events.length, (option) => events[option]);
  }

  /** The number of options, in the order of their events, before the end of the flight. */
  #countBeforeCrash(count: number, eventOf: (option: number) => number): number {
    if (this.#crashBefore === Infinity) return count;
    let possible = count;
    while (possible > 1 && eventOf(possible - 1) >= this.#crashBefore) possible--;
    return possible;
  }

  #unitOfCorruption(corruption: number): number {
    return this.#space.units.length + corruption;
  }

  /** Whether a write may still turn out to have corrupted something. */
  #mayCorrupt(corruption: number): boolean {
    return this.#corruptedBy < 0 && this.#chosen[this.#unitOfCorruption(corruption)] < 0 &&
      this.#earliestEvent < this.#space.corruptions[corruption].completedAt;
  }

  #isCorrupted(pending: PendingSector): boolean {
    return this.#corruptedBy >= 0 &&
      pending.corruptions.includes(this.#corruptedBy - this.#space.units.length);
  }

  #corruptedContent(): number {
    return this.#corruptedContents[this.#chosen[this.#corruptedBy] - 1];
  }

  /** Decide of each write that may corrupt a sector whether it did. */
  #decideCorruptions(pending: PendingSector): void {
    for (const corruption of pending.corruptions) {
      if (!this.#mayCorrupt(corruption)) continue;
      const unit = this.#unitOfCorruption(corruption);
      const option = this.#choices.choose(1 + CORRUPTION_FILLS.length);
      this.#chosen[unit] = option;
      this.#decided.push(unit);
      if (option === 0) continue;
      const { event, completedAt } = this.#space.corruptions[corruption];
      this.#corruptedBy = unit;
      this.#crashBefore = completedAt;
      if (event > this.#earliestEvent) this.#earliestEvent = event;
    }
  }

  /** The size of the file, in bytes. */
  sizeBytes(): number {
    if (this.#sizeOption < 0) this.#decideSize();
    return this.#sizeBytes;
  }

  #decideSize(): void {
    const { sizes, sizeUnit, units, epoch } = this.#space;
    this.#sizeOption = 0;
    if (sizeUnit !== undefined) {
      // A write that was issued earlier and arrives later does not undo durable contents.
      const event = units[sizeUnit].events[this.#decide(sizeUnit)];
      this.#sizeBytes = epoch.sizes.findLast((size) => size.event <= event)!.sizeBytes;
      return;
    }
    const count = this.#countBeforeCrash(sizes.length, (option) => sizes[option].event);
    if (count > 1) this.#sizeOption = this.#choices.choose(count);
    const size = sizes[this.#sizeOption];
    this.#sizeBytes = size.sizeBytes;
    if (size.event > this.#earliestEvent) this.#earliestEvent = size.event;
  }

  /** The contents of a pending sector, for a program that reads it. */
  read(pending: PendingSector): number {
    if (!this.isIndependent && this.#independent.length > 0) {
      this.#isMixed ||= pending.units.some((unit) => this.#independent.includes(unit));
    }
    return this.contentOf(pending);
  }

  /** The id of the contents of a pending sector. */
  contentOf(pending: PendingSector): number {
    if (pending.corruptions.length > 0) this.#decideCorruptions(pending);
    if (this.#isCorrupted(pending)) return this.#corruptedContent();
    if (pending.units.length === 0) return pending.durable;
    return this.#isSubset ? this.#decideSubset(pending) : this.#decideVersion(pending);
  }

  #decideVersion(pending: PendingSector): number {
    const [index] = pending.units;
    const option = this.#decide(index);
    return contentOfOption(pending, this.#space.units[index], option);
  }

  #decideSubset(pending: PendingSector): number {
    for (let last = pending.writes.length - 1; last >= 0; last--) {
      if (this.#decide(pending.units[last]) === 1) return pending.writes[last].content;
    }
    return pending.durable;
  }
}

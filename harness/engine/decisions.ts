import type { PendingSector, StateSpace } from "../model/state_space.ts";
import type { Choices } from "./choices.ts";

const UNDECIDED = -1;

/** A version that an undecided sector may hold, and since which event. */
export interface Candidate {
  /** The id of the contents. */
  readonly content: number;
  /** The event since which it is possible. */
  readonly event: number;
  /** The units that must take an option for it, and the options. */
  readonly because: readonly (readonly [unit: number, option: number])[];
}

/**
 * What was decided so far, in one run, about the state that a crash left: which version of a unit
 * is there, and which size. Nothing is decided before somebody asks.
 */
export class Decisions {
  readonly #space: StateSpace;
  readonly #choices: Choices;
  /** For each unit its option in this run, or -1. */
  readonly #chosen: Int32Array;
  readonly #decided: number[] = [];
  #sizeOption = UNDECIDED;
  #sizeBytes = 0;
  #earliestEvent = -1;

  /** Decide about the states of `space` by asking `choices`. */
  constructor(space: StateSpace, choices: Choices) {
    this.#space = space;
    this.#choices = choices;
    this.#chosen = new Int32Array(space.units.length).fill(UNDECIDED);
  }

  /** Start a run: nothing is decided. */
  begin(): void {
    for (const unit of this.#decided) this.#chosen[unit] = UNDECIDED;
    this.#decided.length = 0;
    this.#sizeOption = UNDECIDED;
    this.#earliestEvent = this.#space.epoch.firstEvent;
  }

  /** The earliest crash that can leave what was decided so far, as the last event before it. */
  get earliestEvent(): number {
    return this.#earliestEvent;
  }

  /** Whether all decisions of this run so far were the same in the run before it. */
  get isRetracing(): boolean {
    return this.#choices.isRetracing;
  }

  /** The units decided in this run, in the order in which they were. */
  get decided(): readonly number[] {
    return this.#decided;
  }

  /** The option of a unit, or -1 while it is undecided. */
  optionOf(unit: number): number {
    return this.#chosen[unit];
  }

  /** Whether anything was decided about a pending sector. */
  isDecided(pending: PendingSector): boolean {
    for (const unit of pending.units) if (this.#chosen[unit] >= 0) return true;
    return false;
  }

  /** The units decided in this run that did not stay as they were durably, with their options. */
  persisted(): (readonly [unit: number, option: number])[] {
    const all = this.#decided.map((unit) => [unit, this.#chosen[unit]] as const);
    return all.filter(([, option]) => option !== 0);
  }

  /** Whether the size was decided. */
  get isSizeDecided(): boolean {
    return this.#sizeOption >= 0;
  }

  /** The size that persisted, in bytes; undefined while nobody has asked, or where it follows. */
  get persistedSizeBytes(): number | undefined {
    if (this.#space.sizeUnit !== undefined || this.#sizeOption < 0) return undefined;
    return this.#sizeBytes;
  }

  /** Whether units can take these options at once: they contradict neither each other nor this run. */
  isPossible(because: Candidate["because"]): boolean {
    const options = new Map<number, number>();
    return because.every(([unit, option]) => {
      const other = this.#chosen[unit] >= 0 ? this.#chosen[unit] : options.get(unit) ?? option;
      options.set(unit, option);
      return other === option;
    });
  }

  /** The versions of a pending sector that the decisions so far leave open. */
  versionsOf(pending: PendingSector): Candidate[] {
    return this.#isSubset ? this.#subsetVersions(pending) : this.#unitVersions(pending);
  }

  #unitVersions(pending: PendingSector): Candidate[] {
    const [index] = pending.units;
    const unit = this.#space.units[index];
    const chosen = this.#chosen[index];
    const versions: Candidate[] = [];
    for (let option = 0; option < unit.optionCount; option++) {
      if (chosen >= 0 && option !== chosen) continue;
      versions.push({
        content: contentAt(pending, unit.ordinals[option]),
        event: unit.events[option],
        because: [[index, option]],
      });
    }
    return versions;
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
    const option = unit.optionCount === 1 ? 0 : this.#choices.choose(unit.optionCount);
    this.#chosen[index] = option;
    this.#decided.push(index);
    if (unit.events[option] > this.#earliestEvent) this.#earliestEvent = unit.events[option];
    return option;
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
      // What is durable is not undone by a write that was issued earlier and arrives later.
      const event = units[sizeUnit].events[this.#decide(sizeUnit)];
      this.#sizeBytes = epoch.sizes.findLast((size) => size.event <= event)!.sizeBytes;
      return;
    }
    if (sizes.length > 1) this.#sizeOption = this.#choices.choose(sizes.length);
    const size = sizes[this.#sizeOption];
    this.#sizeBytes = size.sizeBytes;
    if (size.event > this.#earliestEvent) this.#earliestEvent = size.event;
  }

  /** What a pending sector holds, as the id of its contents. */
  contentOf(pending: PendingSector): number {
    return this.#isSubset ? this.#decideSubset(pending) : this.#decideVersion(pending);
  }

  #decideVersion(pending: PendingSector): number {
    const [index] = pending.units;
    const option = this.#decide(index);
    return contentAt(pending, this.#space.units[index].ordinals[option]);
  }

  #decideSubset(pending: PendingSector): number {
    for (let last = pending.writes.length - 1; last >= 0; last--) {
      if (this.#decide(pending.units[last]) === 1) return pending.writes[last].content;
    }
    return pending.durable;
  }
}

/** What a sector holds once the writes up to `ordinal` are in it. */
function contentAt(pending: PendingSector, ordinal: number): number {
  const { writes } = pending;
  for (let i = writes.length - 1; i >= 0; i--) {
    if (writes[i].ordinal <= ordinal) return writes[i].content;
  }
  return pending.durable;
}

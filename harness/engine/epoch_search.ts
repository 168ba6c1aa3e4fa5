import type { Contents } from "../model/contents.ts";
import type { Epoch } from "../model/epochs.ts";
import { type StateSpace, stateSpaceOf } from "../model/state_space.ts";
import { violationKey } from "../violation.ts";
import { type Choices, ExhaustiveChoices } from "./choices.ts";
import type { Trial } from "./concrete_judge.ts";
import { CrashDisk } from "./crash_disk.ts";
import type { Decision } from "./decisions.ts";
import type { Findings } from "./findings.ts";
import { ClaimGroups } from "./independence.ts";
import { type Finding, Judge } from "./judge.ts";
import { LossSum } from "./loss_sum.ts";
import { OpaqueReads } from "./opaque_reads.ts";
import { PlannedChoices } from "./planned_choices.ts";

/** What an {@linkcode EpochSearch} works with. */
export interface EpochSearchOptions {
  /** The contents that occur. */
  readonly contents: Contents;
  /** Who decides which state is looked at. */
  readonly choices: Choices;
  /** Where what is found goes. */
  readonly findings: Findings;
  /** Whether independent units are varied here, group by group, or by the choices like all else. */
  readonly addsUp: boolean;
}

/**
 * The states of one epoch, looked at one behaviour of recovery after the other. Which ones is up to
 * whoever fills the choices: all, in order; those below a prefix; some of them.
 */
export class EpochSearch {
  /** The states. */
  readonly space: StateSpace;
  readonly #disk: CrashDisk;
  readonly #judge: Judge;
  readonly #findings: Findings;
  readonly #choices: PlannedChoices;
  readonly #groups: ClaimGroups | undefined;
  /** How many recoveries were run. */
  recoveries = 0;
  /** How often groups of independent units were added up instead of multiplied. */
  additions = 0;

  /** Get ready. */
  constructor(trial: Trial, epoch: Epoch, options: EpochSearchOptions) {
    const { contents, findings } = options;
    const { target, preset } = trial;
    this.space = stateSpaceOf(epoch, preset, contents);
    this.#choices = new PlannedChoices(options.choices);
    this.#findings = findings;
    const mayAddUp = options.addsUp && typeof preset.unit === "number" && preset.ruinBytes === 0;
    const claims = mayAddUp ? target.claims : undefined;
    this.#groups = claims && new ClaimGroups(this.space, contents, claims);
    const reads = new OpaqueReads(target.opaqueLabels);
    this.#disk = new CrashDisk(this.space, contents, this.#choices, reads, claims?.labels);
    this.#judge = new Judge({ ...trial, contents }, epoch, this.#disk, reads);
  }

  /** Recover from the state that the choices lead to, and judge it, with all that varies in it. */
  visit(): void {
    this.#choices.lead();
    const found = this.#run();
    this.#choices.endLead();
    const { independent, isMixed } = this.#disk.decisions;
    if (!this.#groups || independent.length === 0) return;
    if (isMixed || !this.#visitGroups([...independent], found)) this.#visitCombinations();
  }

  /** Put the durable image back as it was; the search is over. */
  release(): void {
    this.#disk.release();
  }

  /** One recovery, judged. Answers the keys of what shows. */
  #run(plan?: ReadonlyMap<number, number>): readonly string[] {
    this.#disk.begin(plan);
    for (const finding of this.#judge.judge()) this.#add(finding);
    this.#disk.end();
    this.recoveries++;
    return this.#judge.keys;
  }

  /** The independent units in every combination: for those that turn out not to be, and for few. */
  #visitCombinations(): void {
    const all = new ExhaustiveChoices();
    do {
      this.#choices.branch(all);
      this.#run();
    } while (all.advance());
  }

  /**
   * Each group of units by itself; `found` is what shows with all as they are durably. Answers
   * whether what that rests on holds.
   */
  #visitGroups(units: readonly number[], found: readonly string[]): boolean {
    const groups = this.#groups!.of(units);
    const { isTorn } = this.#disk.decisions;
    const losses = new LossSum(this.#judge, this.#disk.decisions);
    const common = this.#disk.decisions.persisted();
    const follow = this.#follower(new Set(units));
    const expected = new Set(found);
    for (const group of groups) {
      losses.nextGroup();
      for (const plan of this.#groups!.assignments(group, isTorn)) {
        const keys = follow(plan);
        if (!keys) return false;
        losses.add(plan, this.#disk.decisions);
        for (const key of keys) expected.add(key);
      }
    }
    if (groups.length < 2) return true;
    this.additions++;
    const loss = losses.finding();
    if (loss) {
      this.#add(loss, common);
      expected.add(violationKey(loss.violation));
    }
    return this.#groups!.samples(units).every((plan) =>
      follow(plan)?.every((key) => expected.has(key)) ?? false
    );
  }

  /**
   * Runs the lead once more with other independent units. Answers the keys of what it found, or
   * undefined if more than these units was different.
   */
  #follower(
    units: ReadonlySet<number>,
  ): (plan: ReadonlyMap<number, number>) => readonly string[] | undefined {
    const { endBytes } = this.#judge;
    return (plan) => {
      this.#choices.follow();
      const keys = this.#run(plan);
      const { independent, isMixed } = this.#disk.decisions;
      const isAlike = !this.#choices.wentFurther && !isMixed && this.#judge.endBytes === endBytes;
      return isAlike && independent.every((unit) => units.has(unit)) ? keys : undefined;
    };
  }

  #add(finding: Finding, decided: readonly Decision[] = this.#disk.decisions.persisted()): void {
    const { decisions } = this.#disk;
    const added = finding.because.filter(([unit, option]) =>
      option !== 0 && !decided.some(([known]) => known === unit)
    );
    const size = decided.length + added.length;
    this.#findings.add(
      finding.violation,
      finding.event,
      size,
      () => decisions.describe([...decided, ...finding.because]),
    );
  }
}

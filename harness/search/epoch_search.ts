import type { SearchEffort } from "../result/certificate.ts";
import type { Contents } from "../model/contents.ts";
import type { Epoch } from "../model/epoch.ts";
import { type StateSpace, stateSpaceOf } from "../model/state_space.ts";
import { violationKey } from "../result/violation.ts";
import { type Choices, ExhaustiveChoices } from "../choices/choices.ts";
import type { CheckContext } from "../target/check_context.ts";
import { CrashDisk } from "./crash_disk.ts";
import type { Choose } from "./crash_layer.ts";
import { type Decision, NO_PLAN } from "./decision.ts";
import type { Findings } from "../result/findings.ts";
import { IndependentGroups } from "./independence.ts";
import { type Finding, Oracle } from "./oracle.ts";
import { LossSum } from "./loss_sum.ts";
import { DataReads } from "./data_reads.ts";
import { PlannedChoices } from "../choices/planned_choices.ts";

/** The parts that an {@linkcode EpochSearch} shares with the rest of the search. */
export interface EpochSearchOptions {
  /** The contents that occur. */
  readonly contents: Contents;
  /** The source of choices. */
  readonly choices: Choices;
  /** The list for findings. */
  readonly findings: Findings;
  /** Whether independent units are varied here, group by group, or by the choices like all else. */
  readonly independent: boolean;
  /** How many crashes in a row: 2 if recovery may be cut short once. */
  readonly depth: number;
}

/** The result of one recovery. */
export interface Run {
  /** The planned options of independent units. */
  readonly plan: ReadonlyMap<number, number>;
  /** The keys of the violations that show. */
  readonly keys: readonly string[];
  /** The lost space in bytes, if known. */
  readonly leakedBytes: number | undefined;
  /** The size of the file in the end, in bytes, if anything depended on it. */
  readonly endBytes: number | undefined;
  /** Whether recovery changed the file. */
  readonly canCrashInRecovery: boolean;
  /** Whether independent units were read as something else too. */
  readonly isMixed: boolean;
  /** Whether a unit is torn. */
  readonly isTorn: boolean;
  /** The earliest crash that leaves the state. */
  readonly earliestEvent: number;
  /** Whether any unit that was planned had been read when recovery was over. */
  readonly isPlanRecovered: boolean;
  /** The independent units that were read. */
  readonly independent: readonly number[];
  /** The versions that reached the disk. */
  readonly persisted: readonly Decision[];
}

/**
 * A search of the states of one epoch, one behaviour of recovery at a time:
 *
 * 1. Begin a run: nothing about the disk is decided.
 * 2. Recover. A read of an undecided unit asks the choices for its version, and a request for the
 *    size asks for the size; the crash point moves to the earliest one that allows all decisions so
 *    far.
 * 3. Skip the rest if an earlier run led to an equal state at this crash point or before it.
 * 4. Check the promises: inspect, read the guest's disk, carry out the post-recovery writes, read
 *    again. Data that is only passed on to the guest is not decided: each possible version is
 *    checked by itself.
 * 5. Vary the groups of independent units that recovery read, one group at a time
 *    (independence.ts).
 * 6. If there are to be more crashes, crash the recovery at each of its own crash points, and
 *    continue at step 2 with the result.
 * 7. Undo all writes, and repeat from step 1 with the next choices.
 *
 * The choices determine which states these are: all, in order; those below a prefix; or a sample.
 */
export class EpochSearch {
  /** The states. */
  readonly space: StateSpace;
  readonly #disk: CrashDisk;
  readonly #oracle: Oracle;
  readonly #findings: Findings;
  readonly #choices: PlannedChoices;
  readonly #groups: IndependentGroups | undefined;
  /** How many recoveries were run. */
  recoveries = 0;
  /** How often groups of independent units were added up instead of multiplied. */
  additions = 0;

  /** Get ready. */
  constructor(context: CheckContext, epoch: Epoch, options: EpochSearchOptions) {
    const { contents, findings } = options;
    const { target, preset } = context;
    this.space = stateSpaceOf(epoch, preset, contents);
    this.#choices = new PlannedChoices(options.choices);
    this.#findings = findings;
    const mayAddUp = options.independent && typeof preset.unit === "number" &&
      preset.corruptionBytes === 0;
    const independence = mayAddUp ? target.independence : undefined;
    this.#groups = independence && new IndependentGroups(this.space, contents, independence);
    const reads = new DataReads(target.dataLabels);
    this.#disk = new CrashDisk(this.space, contents, this.#choices, reads, independence?.labels);
    this.#oracle = new Oracle(
      { ...context, contents, depth: options.depth },
      epoch,
      this.#disk,
      reads,
    );
  }

  /** Recover from the state that the choices lead to, and check it, with all variations. */
  visit(): void {
    this.#choices.lead();
    const lead = this.#run();
    this.#choices.endLead();
    if (!this.#choices.hasRecoveredBefore) this.#crashInRecovery(lead);
    if (!this.#groups || lead.independent.length === 0) return;
    if (lead.isMixed || !this.#visitGroups(lead)) this.#visitCombinations();
  }

  /**
   * Recover from the state that the choices lead to, only to find its questions; records nothing.
   */
  askOnly(): void {
    this.#choices.lead();
    this.#disk.begin();
    this.#oracle.check();
    this.#disk.end();
    this.#choices.endLead();
  }

  /** The cost so far. */
  get effort(): SearchEffort {
    const { recoveries, additions } = this;
    return { recoveries, additions, known: this.#oracle.knownCount };
  }

  /** Restore the durable image; the search is over. */
  release(): void {
    this.#disk.release();
  }

  /** One recovery and its check. */
  #run(plan: ReadonlyMap<number, number> = NO_PLAN, choose?: Choose): Run {
    const { decisions } = this.#disk;
    this.#disk.begin(plan);
    for (const finding of this.#oracle.check(choose)) this.#add(finding);
    this.#disk.end();
    this.recoveries++;
    const { keys, leakedBytes, endBytes, canCrashInRecovery } = this.#oracle;
    const { isMixed, isTorn, earliestEvent, isPlanRecovered } = decisions;
    return {
      plan,
      keys,
      leakedBytes,
      endBytes,
      canCrashInRecovery,
      isMixed,
      isTorn,
      earliestEvent,
      isPlanRecovered,
      independent: [...decisions.independent],
      persisted: decisions.persisted(),
    };
  }

  /** The same once more for every crash of the recovery of a run, as deep as was asked for. */
  #crashInRecovery({ canCrashInRecovery, plan, independent }: Run): void {
    if (!canCrashInRecovery) return;
    const later = new ExhaustiveChoices();
    const fixed = new Set(independent);
    do {
      this.#choices.nestedCrash(later, fixed);
      this.#run(plan, (optionCount) => later.choose(optionCount));
    } while (later.advance());
  }

  /** The independent units in every combination: for those that turn out not to be. */
  #visitCombinations(): void {
    const all = new ExhaustiveChoices();
    do {
      this.#choices.branch(all);
      this.#run();
    } while (all.advance());
  }

  /**
   * Vary each group of the units that a run found independent. Returns whether the premises hold.
   */
  #visitGroups(lead: Run): boolean {
    const groups = this.#groups!.of(lead.independent);
    const losses = new LossSum(this.#oracle, lead);
    const follow = this.#follower(lead);
    const expected = new Set(lead.keys);
    for (const group of groups) {
      losses.nextGroup();
      for (const plan of this.#groups!.assignments(group, lead.isTorn)) {
        const run = follow(plan);
        if (!run) return false;
        losses.add(run);
        for (const key of run.keys) expected.add(key);
        const isOther = run.isPlanRecovered && !this.#choices.hasRecoveredBefore;
        if (isOther) this.#crashInRecovery(run);
      }
    }
    if (groups.length < 2) return true;
    this.additions++;
    const loss = losses.finding();
    if (loss) {
      this.#add(loss, lead.persisted);
      expected.add(violationKey(loss.violation));
    }
    return this.#groups!.samples(lead.independent).every((plan) =>
      follow(plan)?.keys.every((key) => expected.has(key)) ?? false
    );
  }

  /**
   * Repeat a run with other options of independent units. Returns undefined if other units changed
   * too.
   */
  #follower(lead: Run): (plan: ReadonlyMap<number, number>) => Run | undefined {
    const units = new Set(lead.independent);
    return (plan) => {
      this.#choices.follow();
      const run = this.#run(plan);
      const isAlike = !this.#choices.wentFurther && !run.isMixed && run.endBytes === lead.endBytes;
      return isAlike && run.independent.every((unit) => units.has(unit)) ? run : undefined;
    };
  }

  #add(finding: Finding, decided: readonly Decision[] = this.#disk.decisions.persisted()): void {
    const { decisions } = this.#disk;
    const added = finding.because.filter(([unit, option]) =>
      option !== 0 && !decided.some(([known]) => known === unit)
    );
    const nested = this.#disk.describeLayers();
    const nestedSize = nested.reduce((sum, { persisted }) => sum + 1 + persisted.byUnit.size, 0);
    const size = decided.length + added.length + nestedSize;
    this.#findings.add(finding.violation, finding.event, size, () => ({
      ...decisions.describe([...decided, ...finding.because]),
      ...(nested.length > 0 && { nested }),
    }));
  }
}

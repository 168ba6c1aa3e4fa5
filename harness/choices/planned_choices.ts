import type { Choices } from "./choices.ts";

const NO_UNITS: ReadonlySet<number> = new Set();

/**
 * Choices that can be replayed. A run in the lead asks another source and records its answers.
 * Later runs give the same answers, while groups of independent units are varied, one group at a
 * time (see independence.ts).
 */
export class PlannedChoices implements Choices {
  readonly #leader: Choices;
  #sequence: number[] = [];
  #position = 0;
  /**
   * The length of the prefix that this choice sequence shares with the previous one; -1 in the
   * first.
   */
  #sameLength = -1;
  /** How much of the choice sequence the first recovery asked for. */
  #recoveredLength = 0;
  /** Independent units whose options are not chosen in a branch. */
  #fixed: ReadonlySet<number> = NO_UNITS;
  #mode: "lead" | "follow" | "branch" | "nestedCrash" = "lead";
  #branch: Choices | undefined;
  #wentFurther = false;

  /** Follow `leader`. */
  constructor(leader: Choices) {
    this.#leader = leader;
  }

  /** Begin a run in which the leader chooses. */
  lead(): void {
    this.#mode = "lead";
    this.#before = this.#sequence;
    this.#sequence = [];
    this.#position = 0;
  }

  #before: readonly number[] = [];

  /** The run of the leader is over: later runs repeat its answers. */
  endLead(): void {
    let same = 0;
    while (same < this.#sequence.length && this.#sequence[same] === this.#before[same]) same++;
    this.#sameLength = this.#before.length === 0 ? -1 : same;
  }

  /** Begin a run with the same answers. */
  follow(): void {
    this.#mode = "follow";
    this.#position = 0;
    this.#wentFurther = false;
  }

  /**
   * Begin a run with the same answers, in which `choices` answer further questions and vary units.
   */
  branch(choices: Choices): void {
    this.#mode = "branch";
    this.#branch = choices;
    this.#branchAt = this.#sequence.length;
    this.#position = 0;
  }

  #branchAt = 0;

  /**
   * Begin a run with the same answers until the first recovery is over, in which `choices` decide
   * all that comes after it; the units `fixed` are as planned.
   */
  nestedCrash(choices: Choices, fixed: ReadonlySet<number>): void {
    this.#mode = "nestedCrash";
    this.#branch = choices;
    this.#fixed = fixed;
    this.#branchAt = this.#recoveredLength;
    this.#position = 0;
  }

  /** The first recovery of a run is over. */
  endRecovery(): void {
    if (this.#branchesOff) return;
    this.#recoveredLength = this.#mode === "lead" ? this.#sequence.length : this.#position;
  }

  /** Whether recovery went like this before: of the choice sequences that begin alike, the one of zeroes is first. */
  get hasRecoveredBefore(): boolean {
    if (this.#leader.isUnordered) return false;
    for (let at = this.#recoveredLength; at < this.#sequence.length; at++) {
      if (this.#sequence[at] !== 0) return true;
    }
    return false;
  }

  /** Whether a run with the same answers was asked for more than there are. */
  get wentFurther(): boolean {
    return this.#wentFurther;
  }

  /** Whether every answer so far was the same in a run before this one, so that later ones count. */
  get isRetracing(): boolean {
    if (this.#mode === "lead") return this.#leader.isRetracing;
    if (this.#mode === "follow") return this.#position <= this.#sameLength;
    // Other branches repeat recoveries that were checked with other answers later on.
    return this.#mode === "branch" || this.#branch!.isRetracing;
  }

  get #branchesOff(): boolean {
    return this.#mode === "branch" || this.#mode === "nestedCrash";
  }

  /** Answer a question that is the same for all that is varied. */
  choose(optionCount: number): number {
    if (this.#mode === "lead") {
      const option = this.#leader.choose(optionCount);
      this.#sequence.push(option);
      return option;
    }
    if (this.#branchesOff) {
      return this.#position < this.#branchAt
        ? this.#sequence[this.#position++]
        : this.#branch!.choose(optionCount);
    }
    if (this.#position < this.#sequence.length) return this.#sequence[this.#position++];
    this.#wentFurther = true;
    return 0;
  }

  /** Answer, in a branch, which option an independent unit takes. */
  chooseFreely(unit: number, optionCount: number): number | undefined {
    const isFixed = this.#mode === "nestedCrash" && this.#fixed.has(unit);
    return this.#branchesOff && !isFixed ? this.#branch!.choose(optionCount) : undefined;
  }
}

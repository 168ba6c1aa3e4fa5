import type { Choices } from "./choices.ts";

/**
 * Choices that can be made once more. In the lead they are what somebody else chooses, and are
 * noted; afterwards the same answers are given again, while units that do not depend on each other
 * are varied, one group of them at a time (see independence.ts).
 */
export class PlannedChoices implements Choices {
  readonly #leader: Choices;
  #tape: number[] = [];
  #position = 0;
  /** How much of the tape is as it was in the lead before this one; -1 in the first. */
  #sameLength = -1;
  #mode: "lead" | "follow" | "branch" = "lead";
  #branch: Choices | undefined;
  #wentFurther = false;

  /** Follow `leader`. */
  constructor(leader: Choices) {
    this.#leader = leader;
  }

  /** Begin a run in which the leader chooses. */
  lead(): void {
    this.#mode = "lead";
    this.#before = this.#tape;
    this.#tape = [];
    this.#position = 0;
  }

  #before: readonly number[] = [];

  /** The run of the leader is over: its answers are what follows. */
  endLead(): void {
    let same = 0;
    while (same < this.#tape.length && this.#tape[same] === this.#before[same]) same++;
    this.#sameLength = this.#before.length === 0 ? -1 : same;
  }

  /** Begin a run with the same answers. */
  follow(): void {
    this.#mode = "follow";
    this.#position = 0;
    this.#wentFurther = false;
  }

  /** Begin a run with the same answers, in which `choices` decide all else, and what is varied. */
  branch(choices: Choices): void {
    this.#mode = "branch";
    this.#branch = choices;
    this.#position = 0;
  }

  /** Whether a run with the same answers was asked for more than there are. */
  get wentFurther(): boolean {
    return this.#wentFurther;
  }

  /** Whether every answer so far was the same in a run before this one, so that later ones count. */
  get isRetracing(): boolean {
    if (this.#mode === "lead") return this.#leader.isRetracing;
    return this.#mode === "branch" || this.#position <= this.#sameLength;
  }

  /** Answer a question that is the same for all that is varied. */
  choose(optionCount: number): number {
    if (this.#mode === "lead") {
      const option = this.#leader.choose(optionCount);
      this.#tape.push(option);
      return option;
    }
    if (this.#position < this.#tape.length) return this.#tape[this.#position++];
    if (this.#mode === "branch") return this.#branch!.choose(optionCount);
    this.#wentFurther = true;
    return 0;
  }

  /** Answer, in a branch, what an independent unit is to be. */
  chooseFreely(optionCount: number): number | undefined {
    return this.#mode === "branch" ? this.#branch!.choose(optionCount) : undefined;
  }
}

import type { Contents } from "../model/contents.ts";
import type { Epoch } from "../model/epochs.ts";
import { type StateSpace, stateSpaceOf } from "../model/state_space.ts";
import type { Choices } from "./choices.ts";
import type { Trial } from "./concrete_judge.ts";
import { CrashDisk } from "./crash_disk.ts";
import type { Findings } from "./findings.ts";
import { type Finding, Judge } from "./judge.ts";
import { OpaqueReads } from "./opaque_reads.ts";

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
  /** How many recoveries were run. */
  recoveries = 0;

  /** Get ready; what is found goes to `findings`. */
  constructor(
    trial: Trial,
    epoch: Epoch,
    { contents, choices, findings }: {
      readonly contents: Contents;
      readonly choices: Choices;
      readonly findings: Findings;
    },
  ) {
    this.space = stateSpaceOf(epoch, trial.preset, contents);
    const reads = new OpaqueReads(trial.target.opaqueLabels);
    this.#disk = new CrashDisk(this.space, contents, choices, reads);
    this.#judge = new Judge({ ...trial, contents }, epoch, this.#disk, reads);
    this.#findings = findings;
  }

  /** Recover from the state that the choices lead to, and judge it. */
  visit(): void {
    this.#disk.begin();
    for (const finding of this.#judge.judge()) this.#add(finding);
    this.#disk.end();
    this.recoveries++;
  }

  /** Put the durable image back as it was; the search is over. */
  release(): void {
    this.#disk.release();
  }

  #add(finding: Finding): void {
    const { decisions } = this.#disk;
    const decided = decisions.persisted();
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

import type { Io } from "./io.ts";

/**
 * Shows how far a long operation is, on standard error, in the form that `qemu-img -p` uses. Says
 * something at each hundredth at most, and nothing at all unless it was switched on.
 */
export class Progress implements Disposable {
  readonly #io: Io;
  readonly #isOn: boolean;
  #shown = -1;

  /** Shows progress if `isWanted` (`-p`), or if standard error is a terminal and not `isQuiet`. */
  constructor(io: Io, options: { readonly isWanted: boolean; readonly isQuiet: boolean }) {
    this.#io = io;
    this.#isOn = options.isWanted || (io.isTerminal.stderr && !options.isQuiet);
  }

  /** `done` of `total` steps or bytes are done. */
  update(done: number, total: number): void {
    if (!this.#isOn) return;
    const percent = total === 0 ? 100 : Math.floor(100 * done / total);
    if (percent === this.#shown) return;
    this.#shown = percent;
    this.#io.complain(`    (${percent}/100%)\r`);
  }

  /** Leave the line. */
  [Symbol.dispose](): void {
    if (this.#shown >= 0) this.#io.complain("\n");
    this.#shown = -1;
  }
}

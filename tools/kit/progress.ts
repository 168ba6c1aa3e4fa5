import type { Io } from "./io.ts";

/**
 * Shows how far a long operation is, on standard error, in the form that `qemu-img -p` uses, at each
 * hundredth. Other programs use {@linkcode Io.showStatus} with words of their own.
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
    this.#io.showStatus(`    (${percent}/100%)`, { isWanted: true });
  }

  /** Leave or remove the line. */
  [Symbol.dispose](): void {
    this.#io.clearStatus();
  }
}

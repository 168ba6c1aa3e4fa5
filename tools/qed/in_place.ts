import type { ImageChain, TakeTurn } from "../../lib/chain/mod.ts";
import type { Io } from "../kit/io.ts";

/** An operation that changes images in place. */
export interface InPlaceOptions {
  /** The command's name. */
  readonly command: string;
  /** The chain that is changed. */
  readonly chain: ImageChain;
  /** The next step for the user after an interruption at a pause. */
  readonly advice: string;
}

/**
 * Watches over images that are changed in place: a signal closes them cleanly where the command
 * has come to a pause, and says what to do next in any case.
 */
export class InPlace implements Disposable {
  readonly #io: Io;
  readonly #options: InPlaceOptions;
  readonly #listening: Disposable;
  #isSafe = true;

  /** Watch from here on until it is disposed of. */
  constructor(io: Io, options: InPlaceOptions) {
    this.#io = io;
    this.#options = options;
    this.#listening = io.onInterrupt(() => this.#stop());
  }

  /** Lets signals in. */
  readonly turn: TakeTurn = async (isSafe) => {
    this.#isSafe = isSafe;
    await this.#io.turn();
  };

  /** A place where the images can be closed cleanly: let signals in. */
  pause(): Promise<void> {
    return this.turn(true);
  }

  /** Watch no more. */
  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #stop(): void {
    const { command, chain, advice } = this.#options;
    const { path } = chain.top;
    const isClosed = this.#isSafe && close(chain);
    const state = isClosed
      ? `'${path}' is consistent and keeps what was done so far.`
      : `'${path}' is as after a crash: run 'qed check -r all ${path}'.`;
    const message = `qed ${command}: Interrupted; ${state} ${advice}`;
    this.#io.printError(message.trimEnd());
  }
}

/** Whether the images could be closed cleanly. */
function close(chain: ImageChain): boolean {
  try {
    chain.close();
    return true;
  } catch {
    return false;
  }
}

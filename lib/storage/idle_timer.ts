/**
 * Call `go` after `delayMs` milliseconds. Returns a function that cancels the call.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image, type StartTimer } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * const delays: number[] = [];
 * const startTimer: StartTimer = (_go, delayMs) => {
 *   delays.push(delayMs); // a test would keep `_go` and call it itself
 *   return () => {};
 * };
 * await using image = await Image.create(path, { sizeBytes: 2 ** 30, startTimer });
 * await image.write(0, new Uint8Array(512));
 * assertEquals(delays, [5000]);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export type StartTimer = (go: () => void, delayMs: number) => () => void;

/** Timers of the system, which do not keep the program running. */
export const startSystemTimer: StartTimer = (go, delayMs) => {
  const timer = setTimeout(go, delayMs);
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
};

/** Calls back when {@linkcode IdleTimer.restart} has not been called for some time. */
export class IdleTimer {
  readonly #delayMs: number;
  readonly #start: StartTimer;
  readonly #onIdle: () => void;
  #stop: (() => void) | undefined;

  /** A timer that is not running; with a delay of `Infinity` it never runs. */
  constructor(
    options: {
      readonly delayMs: number;
      readonly startTimer: StartTimer;
      readonly onIdle: () => void;
    },
  ) {
    this.#delayMs = options.delayMs;
    this.#start = options.startTimer;
    this.#onIdle = options.onIdle;
  }

  /** Start the delay again. */
  restart(): void {
    this.stop();
    if (this.#delayMs === Infinity) return;
    this.#stop = this.#start(() => {
      this.#stop = undefined;
      this.#onIdle();
    }, this.#delayMs);
  }

  /** Cancel the call. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}

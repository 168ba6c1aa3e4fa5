import { existsSync } from "@std/fs";
import type { Io } from "./io.ts";

/** How a {@linkcode TempDir} is made. */
export interface TempDirOptions {
  /** How its name begins. */
  readonly prefix: string;
  /** Whether it is to be in memory, where the system has a file system there. */
  readonly inMemory?: boolean;
  /** The streams whose signals remove it; without them it outlives a signal. */
  readonly io?: Interrupts;
}

/** Calls a function before a signal ends the program. */
export type Interrupts = Pick<Io, "onInterrupt">;

const MEMORY = "/dev/shm";

/** A temporary folder, removed with all that is in it when it is disposed of. */
export class TempDir implements Disposable {
  /** Its path. */
  readonly path: string;
  readonly #interrupt: Disposable | undefined;

  /** Make one. */
  constructor({ prefix, inMemory = false, io }: TempDirOptions) {
    const dir = inMemory && existsSync(MEMORY, { isDirectory: true }) ? { dir: MEMORY } : {};
    this.path = Deno.makeTempDirSync({ prefix, ...dir });
    this.#interrupt = io?.onInterrupt(() => this.#remove());
  }

  /** Remove it. */
  [Symbol.dispose](): void {
    this.#interrupt?.[Symbol.dispose]();
    this.#remove();
  }

  #remove(): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch {
      // It is gone, or a process that was killed has made another file in it meanwhile.
    }
  }
}

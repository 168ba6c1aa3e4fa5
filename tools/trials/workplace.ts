import { existsSync } from "@std/fs";

/** A folder in memory for images that are gone afterwards, also when the program is interrupted. */
export class MemoryFolder implements Disposable {
  /** Its path. */
  readonly path: string;
  readonly #onSignal = () => {
    this.#remove();
    Deno.exit(130);
  };

  /** Make one; where there is no file system in memory, one on disk, which is slower. */
  constructor() {
    const memory = existsSync(MEMORY, { isDirectory: true }) ? { dir: MEMORY } : {};
    this.path = Deno.makeTempDirSync({ prefix: "powercut-", ...memory });
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#onSignal);
  }

  /** Remove it. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
    this.#remove();
  }

  #remove(): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

const MEMORY = "/dev/shm";
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

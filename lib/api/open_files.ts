import type { ImageChain } from "../chain/mod.ts";
import { type AsyncStorage, type Request, StorageError } from "../storage/mod.ts";

/**
 * The files of a chain, for a driver. They are closed at any time without a request reaching a
 * file that is closed, or another one that came to have its descriptor: from then on requests
 * fail, and the files are closed when those on their way are done.
 */
export class OpenFiles implements Disposable {
  /** The files by slot. */
  readonly storages: readonly AsyncStorage[];
  readonly #chain: ImageChain;
  #inFlight = 0;
  #isClosed = false;

  /** Takes over `chain`, whose files and locks are given up together with this. */
  constructor(chain: ImageChain) {
    this.#chain = chain;
    this.storages = chain.files.map((file) => ({
      submit: (request: Request) => this.#submit(file, request),
    }));
  }

  /** Whether no more requests are taken. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Take no more requests, and close the files as soon as none is on its way. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#inFlight === 0) this.#chain[Symbol.dispose]();
  }

  async #submit(file: AsyncStorage, request: Request): Promise<number> {
    if (this.#isClosed) throw new StorageError("EBADF", request, "the image was closed");
    this.#inFlight++;
    try {
      return await file.submit(request);
    } finally {
      this.#inFlight--;
      if (this.#isClosed && this.#inFlight === 0) this.#chain[Symbol.dispose]();
    }
  }
}

import type { ImageChain } from "../chain/mod.ts";
import { type AsyncStorage, type Request, StorageError } from "../storage/mod.ts";

/**
 * The files of a chain, for a driver, which can be closed at any time: later requests fail, and the
 * files are closed once no request is in flight. So no request reaches a closed file, or another
 * file that has got its descriptor.
 */
export class OpenFiles implements Disposable {
  /** The files by slot. */
  readonly storages: readonly AsyncStorage[];
  readonly #chain: ImageChain;
  #inFlight = 0;
  #isClosed = false;

  /** Takes over `chain`, and closes its files and locks. */
  constructor(chain: ImageChain) {
    this.#chain = chain;
    this.storages = chain.files.map((file) => ({
      submit: (request: Request) => this.#submit(file, request),
    }));
  }

  /** Whether requests fail. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Fail later requests, and close the files as soon as no request is in flight. */
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

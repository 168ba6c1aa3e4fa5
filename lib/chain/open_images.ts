import { HostError } from "../storage/host_error.ts";

/** The images that this process has open, by the identity of the file: readers, or one writer. */
export class OpenImages {
  /** The number of readers of an image; -1 for a writer. */
  readonly #users = new Map<string, number>();

  /**
   * Register a user of the image `identity`, until the result is disposed of. Throws
   * {@linkcode HostError} if the image cannot be shared with its present users.
   */
  add(identity: string, intent: "read" | "write"): Disposable {
    const users = this.#users.get(identity) ?? 0;
    if (users < 0) throw new HostError("The image is already open for writing in this process");
    if (intent === "write" && users > 0) {
      throw new HostError("The image is already open read-only in this process");
    }
    this.#users.set(identity, intent === "write" ? -1 : users + 1);
    return { [Symbol.dispose]: () => this.#remove(identity) };
  }

  #remove(identity: string): void {
    const users = this.#users.get(identity) ?? 0;
    if (Math.abs(users) <= 1) this.#users.delete(identity);
    else this.#users.set(identity, users - 1);
  }
}

import { HostError } from "../storage/host_error.ts";

/** What one program has open, by the identity of the file: readers, or one writer. */
export class OpenImages {
  /** How many read an image; -1 if one writes it. */
  readonly #users = new Map<string, number>();

  /**
   * Note a user of the image `identity`, until what is answered is disposed of. Throws
   * {@linkcode HostError} if it cannot be shared with those who use it already.
   */
  add(identity: string, intent: "read" | "write"): Disposable {
    const users = this.#users.get(identity) ?? 0;
    if (users < 0) throw new HostError("This program is writing it already");
    if (intent === "write" && users > 0) {
      throw new HostError("This program has it open already, for reading");
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

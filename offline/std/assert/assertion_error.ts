/**
 * What every assertion of this package throws when it does not hold.
 *
 * ```ts
 * import { assert, AssertionError, assertThrows } from "@std/assert";
 *
 * assertThrows(() => assert(false, "the header was written"), AssertionError, "header");
 * ```
 */
export class AssertionError extends Error {
  /**
   * Creates the error.
   *
   * @param message what was expected and what was found
   * @param options the cause, if another error led to this one
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** An assertion that does not hold. */
export class AssertionError extends Error {
  /** Creates the error; `options` may name its cause. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

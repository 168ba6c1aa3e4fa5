/** A command line, or a file named by it, that can't be acted on: exit code 2. */
export class UsageError extends Error {
  /** The name of this kind of error. */
  override readonly name = "UsageError";
}

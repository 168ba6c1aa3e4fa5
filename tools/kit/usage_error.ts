/** A command line that cannot be understood or carried out as written. Exit code 2. */
export class UsageError extends Error {
  /** The name of this kind of error. */
  override readonly name = "UsageError";
}

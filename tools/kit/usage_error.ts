/** A command line that makes no sense as written: exit code 2, and a pointer to the help. */
export class UsageError extends Error {
  /** The name of this kind of error. */
  override readonly name = "UsageError";
}

import { describeRequest, StorageError } from "./mod.ts";
import { systemMessage } from "./system_message.ts";

/**
 * A file that cannot be used: missing, unreadable, not a regular file, of an unsupported format, or
 * part of a backing chain that cannot be opened. Nothing has been written.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { HostError, Image } from "@powercut/powercut";
 *
 * await assertRejects(
 *   () => Image.open("no/such/image"),
 *   HostError,
 *   "Could not open 'no/such/image': No such file or directory",
 * );
 * ```
 */
export class HostError extends Error {
  /** The name of this kind of error. */
  override readonly name = "HostError";
}

/** The reason for an error in one line, for people: the system's message, or the error's own. */
export function describeError(error: unknown): string {
  if (error instanceof StorageError) {
    return `${describeRequest(error.request)} failed: ${systemMessage(error)}`;
  }
  return systemMessage(error) ?? (error instanceof Error ? error.message : String(error));
}

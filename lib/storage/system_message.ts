import { constants } from "node:os";
import { getSystemErrorMessage } from "node:util";

/** Errors that `node:util` does not know, or words otherwise than the system's own tools do. */
const MESSAGES: Readonly<Record<string, string>> = {
  EDQUOT: "Disk quota exceeded",
  EEXIST: "File exists",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  // Thrown by Node's functions before they ask the system, for a NUL byte in a path for example.
  ERR_INVALID_ARG_TYPE: "Not the name of a file",
  ERR_INVALID_ARG_VALUE: "Not the name of a file",
};

/**
 * The operating system's message for an error that carries the system's name for it in `code`
 * (`ENOENT`), the name itself if it has no message, or undefined for any other error.
 */
export function systemMessage(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string") return undefined;
  if (code in MESSAGES) return MESSAGES[code];
  const number = (constants.errno as Readonly<Record<string, number>>)[code];
  const message = number === undefined ? undefined : getSystemErrorMessage(-number);
  return message ? message[0].toUpperCase() + message.slice(1) : code;
}

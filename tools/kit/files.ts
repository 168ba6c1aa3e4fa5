import { UsageError } from "./usage_error.ts";

/** The text of a file that the user names. Throws {@linkcode UsageError} if it cannot be read. */
export function readTextFile(path: string): string {
  return new TextDecoder().decode(readFile(path));
}

/** The bytes of a file that the user names. Throws {@linkcode UsageError} if it cannot be read. */
export function readFile(path: string): Uint8Array {
  try {
    // A device or a pipe may have no end.
    if (!Deno.statSync(path).isFile) throw new Error("it is not a regular file");
    return Deno.readFileSync(path);
  } catch (error) {
    throw new UsageError(`Cannot read '${path}': ${(error as Error).message}`);
  }
}

/** Write a file that the user names. Throws {@linkcode UsageError} if it cannot be written. */
export function writeTextFile(path: string, text: string): void {
  try {
    Deno.writeTextFileSync(path, text);
  } catch (error) {
    throw new UsageError(`Cannot write '${path}': ${(error as Error).message}`);
  }
}

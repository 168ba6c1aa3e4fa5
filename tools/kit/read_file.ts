import { UsageError } from "./usage_error.ts";

/** The text of a file. Throws {@linkcode UsageError} if it can't be read. */
export function readTextFile(path: string): string {
  return new TextDecoder().decode(readFile(path));
}

/** The bytes of a file. Throws {@linkcode UsageError} if it can't be read. */
export function readFile(path: string): Uint8Array {
  try {
    // A device or a pipe may have no end.
    if (!Deno.statSync(path).isFile) throw new Error("it is not a regular file");
    return Deno.readFileSync(path);
  } catch (error) {
    throw new UsageError(`can't read ${path}: ${(error as Error).message}`);
  }
}

/** Options for {@linkcode exists} and {@linkcode existsSync}. At most one may be `true`. */
export interface ExistsOptions {
  /** Only a directory counts. */
  isDirectory?: boolean;
  /** Only a file counts. */
  isFile?: boolean;
}

/**
 * Tells whether there is something at a path. The answer may be old by the time it is used: to open
 * a file, open it and handle the error.
 *
 * ```ts
 * import { assert } from "@std/assert";
 * import { exists } from "@std/fs";
 *
 * assert(await exists(".", { isDirectory: true }));
 * assert(!await exists("./no-such-image.qed"));
 * ```
 *
 * @param path path or file URL; links are followed
 * @param options what counts
 * @returns whether something that counts is there
 * @throws {TypeError} if both options are set
 */
export async function exists(path: string | URL, options?: ExistsOptions): Promise<boolean> {
  checkOptions(options);
  try {
    return counts(await Deno.stat(path), options);
  } catch (error) {
    return falseIfNotFound(error);
  }
}

/**
 * Tells whether there is something at a path, and waits for it.
 *
 * ```ts
 * import { assert } from "@std/assert";
 * import { existsSync } from "@std/fs";
 *
 * assert(existsSync(".", { isDirectory: true }));
 * assert(!existsSync("./no-such-image.qed"));
 * ```
 *
 * @param path path or file URL; links are followed
 * @param options what counts
 * @returns whether something that counts is there
 * @throws {TypeError} if both options are set
 */
export function existsSync(path: string | URL, options?: ExistsOptions): boolean {
  checkOptions(options);
  try {
    return counts(Deno.statSync(path), options);
  } catch (error) {
    return falseIfNotFound(error);
  }
}

function checkOptions(options: ExistsOptions | undefined): void {
  if (options?.isDirectory && options.isFile) {
    throw new TypeError("Cannot look for both: isDirectory and isFile are set");
  }
}

function counts(info: Deno.FileInfo, options: ExistsOptions | undefined): boolean {
  if (options?.isDirectory) return info.isDirectory;
  if (options?.isFile) return info.isFile;
  return true;
}

function falseIfNotFound(error: unknown): false {
  if (error instanceof Deno.errors.NotFound) return false;
  throw error;
}

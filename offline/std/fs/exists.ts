/** Options for {@linkcode existsSync}. Not both of `isDirectory` and `isFile` may be `true`. */
export interface ExistsOptions {
  /** Whether only counts what the owner of the process may read. */
  isReadable?: boolean;
  /** Whether only directories count. */
  isDirectory?: boolean;
  /** Whether only files count. */
  isFile?: boolean;
}

/**
 * Tells whether there is something at a path. The answer may be old by the time it is used: to open
 * a file, open it and handle the error.
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
 * @param options the kind of thing that counts
 * @returns whether something that counts is there
 * @throws {TypeError} if there is something, and both `isDirectory` and `isFile` are `true`
 */
export function existsSync(path: string | URL, options: ExistsOptions = {}): boolean {
  try {
    return counts(Deno.statSync(path), options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return !options.isReadable;
    throw error;
  }
}

function counts(info: Deno.FileInfo, options: ExistsOptions): boolean {
  const { isDirectory, isFile, isReadable } = options;
  if (isDirectory && isFile) {
    throw new TypeError(
      "ExistsOptions.options.isDirectory and ExistsOptions.options.isFile must not be true together",
    );
  }
  if ((isDirectory && !info.isDirectory) || (isFile && !info.isFile)) return false;
  return !isReadable || mayBeRead(info);
}

/** By the mode alone: it binds the superuser, too. */
function mayBeRead({ mode, uid, gid }: Deno.FileInfo): boolean {
  if (mode === null) return true; // this system has no modes
  const bit = uid === Deno.uid() ? 0o400 : gid === Deno.gid() ? 0o040 : 0o004;
  return (mode & bit) !== 0;
}

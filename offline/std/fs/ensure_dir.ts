/**
 * Makes sure that there is a directory at a path, and its parents.
 *
 * ```ts
 * import { ensureDirSync } from "@std/fs";
 *
 * const root = Deno.makeTempDirSync();
 * ensureDirSync(`${root}/a/b`);
 * ensureDirSync(`${root}/a/b`); // it may be there already
 * Deno.removeSync(root, { recursive: true });
 * ```
 *
 * @param dir path or file URL; links are followed
 * @throws {Error} if there is something there that is not a directory
 */
export function ensureDirSync(dir: string | URL): void {
  if (isDirectory(dir)) return;
  try {
    Deno.mkdirSync(dir, { recursive: true });
  } catch (error) {
    const isRace = error instanceof Deno.errors.AlreadyExists && isDirectory(dir);
    if (!isRace) throw error;
  }
}

function isDirectory(path: string | URL): boolean {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  if (info.isDirectory) return true;
  const kind = info.isFile ? "file" : "special file";
  throw new Error(`Failed to ensure directory exists: expected 'dir', got '${kind}'`);
}

/**
 * Makes sure that a directory exists, with its parents.
 *
 * ```ts
 * import { ensureDir } from "@std/fs";
 *
 * const dir = await Deno.makeTempDir();
 * try {
 *   await ensureDir(`${dir}/a/b`);
 *   await ensureDir(`${dir}/a/b`); // it may be there already
 * } finally {
 *   await Deno.remove(dir, { recursive: true });
 * }
 * ```
 *
 * @param dir path or file URL of the directory
 * @throws {Error} if there is something there that is not a directory
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/**
 * Makes sure that a directory exists, with its parents, and waits for it.
 *
 * ```ts
 * import { ensureDirSync } from "@std/fs";
 *
 * const dir = Deno.makeTempDirSync();
 * try {
 *   ensureDirSync(`${dir}/a/b`);
 * } finally {
 *   Deno.removeSync(dir, { recursive: true });
 * }
 * ```
 *
 * @param dir path or file URL of the directory
 * @throws {Error} if there is something there that is not a directory
 */
export function ensureDirSync(dir: string | URL): void {
  Deno.mkdirSync(dir, { recursive: true });
}

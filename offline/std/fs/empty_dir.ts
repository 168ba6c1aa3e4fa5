import { toPathString } from "./_to_path_string.ts";

/**
 * Makes sure that a directory exists and that nothing is in it.
 *
 * ```ts
 * import { emptyDir } from "@std/fs";
 *
 * const dir = await Deno.makeTempDir();
 * try {
 *   await Deno.writeTextFile(`${dir}/old`, "old");
 *   await emptyDir(dir);
 * } finally {
 *   await Deno.remove(dir); // works only on an empty directory
 * }
 * ```
 *
 * @param dir path or file URL of the directory
 */
export async function emptyDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const entries = await Array.fromAsync(Deno.readDir(dir));
  const root = toPathString(dir);
  await Promise.all(
    entries.map(({ name }) => Deno.remove(`${root}/${name}`, { recursive: true })),
  );
}

/**
 * Makes sure that a directory exists and that nothing is in it, and waits for it.
 *
 * ```ts
 * import { emptyDirSync } from "@std/fs";
 *
 * const dir = Deno.makeTempDirSync();
 * try {
 *   Deno.writeTextFileSync(`${dir}/old`, "old");
 *   emptyDirSync(dir);
 * } finally {
 *   Deno.removeSync(dir); // works only on an empty directory
 * }
 * ```
 *
 * @param dir path or file URL of the directory
 */
export function emptyDirSync(dir: string | URL): void {
  Deno.mkdirSync(dir, { recursive: true });
  const root = toPathString(dir);
  for (const { name } of [...Deno.readDirSync(dir)]) {
    Deno.removeSync(`${root}/${name}`, { recursive: true });
  }
}

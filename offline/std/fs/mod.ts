/**
 * Helpers for files and directories: a stand-in for Deno's `@std/fs` that needs no registry. It has
 * the names and signatures of the original, as far as they are used here.
 *
 * ```ts
 * import { ensureDir, exists } from "@std/fs";
 *
 * const dir = await Deno.makeTempDir();
 * try {
 *   await ensureDir(`${dir}/images/base`);
 *   if (!await exists(`${dir}/images/base`)) throw new Error("not created");
 * } finally {
 *   await Deno.remove(dir, { recursive: true });
 * }
 * ```
 *
 * @module
 */

export * from "./empty_dir.ts";
export * from "./ensure_dir.ts";
export * from "./exists.ts";
export * from "./walk.ts";

/**
 * Files and directories: a stand-in for Deno's `@std/fs` with the two functions that are used here.
 *
 * @module
 */

export * from "./ensure_dir.ts";
export * from "./exists.ts";

/**
 * The command line: a stand-in for Deno's `@std/cli` that needs no registry. It has the names and
 * signatures of the original, as far as they are used here, and is built on `node:util`.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseArgs } from "@std/cli";
 *
 * const flags = parseArgs(["--seed", "7", "--all", "disk.qed"], {
 *   boolean: ["all"],
 *   string: ["seed"],
 * });
 * assertEquals(flags, { seed: "7", all: true, _: ["disk.qed"] });
 * ```
 *
 * @module
 */

export * from "./parse_args.ts";

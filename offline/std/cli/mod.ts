/**
 * The command line: a stand-in for Deno's `@std/cli` with the one function that is used here.
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

/**
 * The two sizes of the test suite. `deno task test` runs every test, the slow ones on few cases.
 * `deno task test:long` sets `POWERCUT_LONG=1` and runs every test at full size, the few tests that
 * have no small form, and the examples in doc comments and Markdown.
 */

/** Whether the tests run at full size. */
export const IS_LONG = isLong(Deno.env.get("POWERCUT_LONG"));

/** A number, or anything else, for each size of the suite. */
export interface Sizes<T> {
  /** For `deno task test`. */
  readonly short: T;
  /** For `deno task test:long`. */
  readonly long: T;
}

/** The size that fits the suite that runs. */
export function sized<T>(sizes: Sizes<T>): T {
  return IS_LONG ? sizes.long : sizes.short;
}

/** Whether a value of `POWERCUT_LONG` asks for the long suite; throws on one that means nothing. */
export function isLong(value: string | undefined): boolean {
  if (value === undefined || value === "" || value === "0") return false;
  if (value === "1") return true;
  throw new Error(`Cannot use POWERCUT_LONG='${value}': it must be 0 or 1`);
}

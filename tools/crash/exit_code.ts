/** What the exit codes of `deno task crash` mean. */
export const EXIT = {
  /** Everything as expected; nothing found. */
  OK: 0,
  /** A violation, or one that was expected was not found. */
  VIOLATION: 1,
  /** The command line, or a file that it names, is wrong. */
  USAGE: 2,
  /** A defect of this program. */
  INTERNAL: 3,
  /** A defect of what is tested: its code throws, never ends, or does something else each time. */
  TARGET: 4,
} as const;

/**
 * The exit codes of all programs. `docs/exit-codes.md` explains them, and lists where `qed` differs:
 * its commands exit as those of `qemu-img` do.
 */
export const EXIT = {
  /** The program did its work and found nothing wrong. */
  OK: 0,
  /** A finding: a violation, a failed test, a surviving mutant, or an expected violation missing. */
  FINDING: 1,
  /** The command line is wrong, or a file or tool that it names cannot be used. */
  USAGE: 2,
  /** A defect of Powercut itself. */
  INTERNAL: 3,
  /** A defect of the code under test: it throws, never ends, or is not deterministic. */
  TARGET: 4,
  /** A signal ended the program: this plus the signal's number. */
  SIGNAL: 128,
} as const;

/** Where the codes are documented, for help texts. */
export const EXIT_CODES_PAGE = "docs/exit-codes.md";

/** A code and its meaning, for help texts. */
export type ExitCodeRow = readonly [code: number, meaning: string];

/** The row of help that every command has. */
export const USAGE_ROW: ExitCodeRow = [
  EXIT.USAGE,
  "the command line is wrong, or a file or tool that it names cannot be used",
];

/** The row of help for all programs but `qed`. */
export const INTERNAL_ROW: ExitCodeRow = [EXIT.INTERNAL, "a defect of Powercut"];

/** The row of help for programs that run the code under test. */
export const TARGET_ROW: ExitCodeRow = [
  EXIT.TARGET,
  "a defect of the code under test: it throws, never ends, or is not deterministic",
];

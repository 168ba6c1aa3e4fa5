/** How a process ended. */
export type ProcessOutcome =
  | {
    /** It ended by itself. */
    readonly kind: "exited";
    /** Its exit code, below 128. */
    readonly code: number;
    /** Standard output. */
    readonly stdout: Uint8Array;
    /** Standard error. */
    readonly stderr: string;
  }
  | {
    /** A signal ended it. */
    readonly kind: "crashed";
    /** 128 plus the number of the signal. */
    readonly code: number;
    /** The signal. */
    readonly why: string;
    /** Standard error until then. */
    readonly stderr: string;
  }
  | {
    /** `killed`: by the runner. `missing`: there is no such program. */
    readonly kind: "killed" | "missing";
    /** The reason. */
    readonly why: string;
    /** Standard error until then. */
    readonly stderr: string;
  };

/** Runs command lines. */
export interface CommandRunner {
  /** Run a command in `folder`, where it leaves its files. Failures of the command are outcomes. */
  run(words: readonly string[], folder: string): Promise<ProcessOutcome>;
}

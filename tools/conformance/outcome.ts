/** How a command ended. */
export type Outcome =
  | {
    /** It ended by itself. */
    readonly kind: "exited";
    /** Its exit code, below 128. */
    readonly code: number;
    /** What it printed. */
    readonly stdout: Uint8Array;
    /** What it complained of. */
    readonly stderr: string;
  }
  | {
    /** `crashed`: by a signal. `killed`: by the runner. `missing`: there is no such program. */
    readonly kind: "crashed" | "killed" | "missing";
    /** By which signal, or why. */
    readonly why: string;
    /** What it complained of until then. */
    readonly stderr: string;
  };

/** Runs command lines. */
export interface CommandRunner {
  /** Run a command in `folder`, where it leaves its output. It never throws for the command. */
  run(words: readonly string[], folder: string): Promise<Outcome>;
}

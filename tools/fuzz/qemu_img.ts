/** What a program printed and how it ended. */
export interface ProgramResult {
  /** Exit code; undefined if a signal ended it. */
  readonly code: number | undefined;
  /** The signal that ended it: ours after the time was up, or a crash. */
  readonly signal: string | undefined;
  /** Whether it was ended because the time was up. */
  readonly isTimeout: boolean;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** Address space and processor time that one run of `qemu-img` gets. */
const MOST_MEMORY_BYTES = 4 * 2 ** 30;
const MOST_CPU_SECONDS = 10;
/** Real time: generous, for the machine may be busy with other things. */
const MOST_MILLISECONDS = 60_000;

/** Runs `qemu-img`, held in bounds where the system's `prlimit` can do that. */
export class QemuImg {
  /** The first line of what `qemu-img --version` prints. */
  readonly version: string;
  readonly #limiter: readonly string[];

  private constructor(version: string, limiter: readonly string[]) {
    this.version = version;
    this.#limiter = limiter;
  }

  /** Find the program in PATH; undefined if it is not there or does not run. */
  static find(): QemuImg | undefined {
    const version = firstLine(["qemu-img", "--version"]);
    if (version === undefined) return undefined;
    const limiter = ["prlimit", `--as=${MOST_MEMORY_BYTES}`, `--cpu=${MOST_CPU_SECONDS}`];
    const canLimit = firstLine([...limiter, "true"]) !== undefined;
    return new QemuImg(version, canLimit ? limiter : []);
  }

  /** Run it in folder `cwd` with `args`. */
  async run(cwd: string, args: readonly string[]): Promise<ProgramResult> {
    const [program, ...rest] = [...this.#limiter, "qemu-img", ...args];
    const command = new Deno.Command(program, {
      args: rest,
      cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const child = command.spawn();
    let isTimeout = false;
    const timer = setTimeout(() => {
      isTimeout = true;
      child.kill("SIGKILL");
    }, MOST_MILLISECONDS);
    try {
      const { code, signal, stdout, stderr } = await child.output();
      return {
        code: signal === null ? code : undefined,
        signal: signal ?? undefined,
        isTimeout,
        stdout: new TextDecoder().decode(stdout),
        stderr: new TextDecoder().decode(stderr),
      };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The first line that a command prints; undefined if it fails or is not there. */
function firstLine([program, ...args]: readonly string[]): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(program, { args, stdin: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).split("\n")[0] : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

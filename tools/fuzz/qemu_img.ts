import type { ProcessOutcome } from "../kit/process_outcome.ts";
import { ProcessRunner } from "../kit/process_runner.ts";

/** Address space and processor time that one run of `qemu-img` gets. */
const MAX_MEMORY_BYTES = 4 * 2 ** 30;
const MAX_CPU_SECONDS = 10;
/** Real time: generous, because the machine may be busy with other work. */
const MAX_SECONDS = 60;

/** Runs `qemu-img`, within limits where the system has `prlimit`. */
export class QemuImg {
  /** The first line that `qemu-img --version` prints. */
  readonly version: string;
  readonly #limiter: readonly string[];
  readonly #runner = new ProcessRunner({ seconds: MAX_SECONDS });

  private constructor(version: string, limiter: readonly string[]) {
    this.version = version;
    this.#limiter = limiter;
  }

  /** Find the program in PATH; undefined if it is not there or does not run. */
  static async find(): Promise<QemuImg | undefined> {
    const version = await firstLine(["qemu-img", "--version"]);
    if (version === undefined) return undefined;
    const limiter = ["prlimit", `--as=${MAX_MEMORY_BYTES}`, `--cpu=${MAX_CPU_SECONDS}`];
    const canLimit = await firstLine([...limiter, "true"]) !== undefined;
    return new QemuImg(version, canLimit ? limiter : []);
  }

  /** Run it in folder `cwd` with `args`. */
  run(cwd: string, args: readonly string[]): Promise<ProcessOutcome> {
    return this.#runner.run([...this.#limiter, "qemu-img", ...args], cwd);
  }
}

/** The first line that a command prints; undefined if it fails or is not there. */
async function firstLine(words: readonly string[]): Promise<string | undefined> {
  const outcome = await new ProcessRunner().run(words, ".");
  if (outcome.kind !== "exited" || outcome.code !== 0) return undefined;
  return new TextDecoder().decode(outcome.stdout).split("\n")[0];
}

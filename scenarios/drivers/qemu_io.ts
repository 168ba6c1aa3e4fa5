import { QemuToolCrash, QemuToolError } from "./qemu_tool_error.ts";

const PROMPT = "qemu-io> ";
/** No command of `qemu-io`: its complaint marks the end of what others print. */
const END = "@end";
const END_LINE = `command "${END}" not found`;
/** What the shell says when the process has ended, with its exit code. */
const EXIT = "@exit ";
/** No command takes nearly as long. */
const PATIENCE_MS = 20_000;

/**
 * Starts `qemu-io`. Without a buffer for its input it takes lines that are sent together one by one; else it
 * would wait for more to come, with lines left in its buffer. What it prints goes on only where a batch
 * ends: it prints its prompt by itself each time, and to be woken up for each is what costs time.
 */
const SCRIPT = `{ stdbuf -i0 qemu-io "$@"; echo "${EXIT}$?"; } 2>&1 | sed -u -n -e H ` +
  `-e '/"${END}" not found$/b give' -e '/^\\(qemu-io> \\)*${EXIT}/b give' -e d ` +
  `-e ':give' -e 's/.*//' -e x -e 's/^\\n//' -e p`;

/** A running `qemu-io` that is given one command after the other. */
export class QemuIo implements Disposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #patienceMs: number;
  #isEnded = false;

  private constructor(child: Deno.ChildProcess, patienceMs: number) {
    this.#child = child;
    this.#patienceMs = patienceMs;
    this.#writer = child.stdin.getWriter();
    this.#reader = child.stdout.getReader();
  }

  /**
   * Start `qemu-io` with `args`. Throws {@linkcode QemuToolError} if it can't be started, or does not
   * open what it is told to.
   */
  static async start(args: readonly string[] = [], patienceMs = PATIENCE_MS): Promise<QemuIo> {
    const command = ["-c", SCRIPT, "sh", ...args];
    const options = { stdin: "piped", stdout: "piped", stderr: "null", detached: true } as const;
    const io = new QemuIo(
      new Deno.Command("sh", { args: command, ...options }).spawn(),
      patienceMs,
    );
    const { text, exitCode } = await io.#send([]);
    if (exitCode === undefined) return io;
    const [said] = text.trim().split("\n");
    throw new QemuToolError(said || `qemu-io ends with exit code ${exitCode}`);
  }

  /** Run one command. Answers what it prints. */
  async run(command: string): Promise<string> {
    const [answer] = await this.runAll([command]);
    return answer;
  }

  /**
   * Run commands, which are sent all at once. Answers what each of them prints. Throws
   * {@linkcode QemuToolCrash} if the process ends before it has answered, or does not answer.
   */
  async runAll(commands: readonly string[]): Promise<string[]> {
    if (commands.length === 0) return [];
    const { text, exitCode } = await this.#send(commands);
    if (exitCode !== undefined) throw crashOf(exitCode);
    return text.split(PROMPT).slice(1, 1 + commands.length);
  }

  /** Have it close what is open, and end. Throws {@linkcode QemuToolCrash} if it does not end well. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    await this.#writer.close().catch(() => {});
    const { exitCode } = await this.#receive();
    if (exitCode !== undefined && exitCode > 128) throw crashOf(exitCode);
  }

  /** End it, whatever it is at. */
  kill(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    // The shell, the process and what reads its output: all of them.
    Deno.kill(-this.#child.pid, "SIGKILL");
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
  }

  /** The same: nothing is left behind, whatever has happened. */
  [Symbol.dispose](): void {
    this.kill();
  }

  async #send(commands: readonly string[]): Promise<Batch> {
    const text = new TextEncoder().encode([...commands, END, ""].join("\n"));
    // Nobody reads any more what a dead process is told; that it is dead shows in its answers.
    const written = this.#writer.write(text).catch(() => {});
    const batch = await this.#receive();
    await written;
    return batch;
  }

  /** What is printed up to the end of a batch, or of the process. */
  async #receive(): Promise<Batch> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.kill();
    }, this.#patienceMs);
    let text = "";
    try {
      while (!text.endsWith(`${END_LINE}\n`)) {
        const { value, done } = await this.#reader.read();
        if (isLate) {
          throw new QemuToolCrash(`qemu-io did not answer for ${this.#patienceMs / 1000} s`);
        }
        text += done ? "" : this.#decoder.decode(value, { stream: true });
        const [, before, code] = EXITED.exec(text) ?? [];
        if (code === undefined && !done) continue;
        this.#isEnded = true;
        await this.#child.status;
        return { text: before ?? text, exitCode: Number(code ?? 0) };
      }
      return { text, exitCode: undefined };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What was printed in one go. */
interface Batch {
  readonly text: string;
  /** The exit code, if the process has ended; above 128 a signal ended it. */
  readonly exitCode: number | undefined;
}

const EXITED = new RegExp(`^([^]*)${EXIT}(\\d+)\n$`);

function crashOf(exitCode: number): QemuToolCrash {
  return new QemuToolCrash(
    exitCode > 128
      ? `qemu-io ended by signal ${exitCode - 128}`
      : `qemu-io ended with exit code ${exitCode}`,
  );
}

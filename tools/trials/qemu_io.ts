import { PipedShell } from "./piped_shell.ts";
import { QemuToolCrash, QemuToolError } from "./qemu_tool_error.ts";

const PROMPT = "qemu-io> ";
/** No command of `qemu-io`: its complaint marks the end of what others print. */
const END = "@end";
const END_LINE = `command "${END}" not found`;
/** What the shell says when the process has ended, with its exit code. */
const EXIT = "@exit ";

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
  readonly #shell: PipedShell;

  private constructor(shell: PipedShell) {
    this.#shell = shell;
  }

  /**
   * Start `qemu-io` with `args`; it is taken to hang if it does not answer for `patienceMs`. Throws
   * {@linkcode QemuToolError} if it can't be started, or does not open what it is told to.
   */
  static async start(args: readonly string[] = [], patienceMs?: number): Promise<QemuIo> {
    const io = new QemuIo(new PipedShell(["-c", SCRIPT, "sh", ...args], patienceMs));
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
    await this.#shell.close();
    const { exitCode } = await this.#receive();
    if (exitCode !== undefined && exitCode > 128) throw crashOf(exitCode);
  }

  /** End it, whatever it is at. */
  [Symbol.dispose](): void {
    this.#shell.kill();
  }

  async #send(commands: readonly string[]): Promise<Batch> {
    const written = this.#shell.write([...commands, END, ""].join("\n"));
    const batch = await this.#receive();
    await written;
    return batch;
  }

  /** What is printed up to the end of a batch, or of the process. */
  #receive(): Promise<Batch> {
    return this.#shell.patiently("qemu-io did not answer", async () => {
      let text = "";
      while (!text.endsWith(`${END_LINE}\n`)) {
        const piece = await this.#shell.read();
        if (piece === undefined) {
          const [, before = text, code = 0] = EXITED.exec(text) ?? [];
          return { text: before, exitCode: Number(code) };
        }
        text += piece;
      }
      return { text, exitCode: undefined };
    });
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

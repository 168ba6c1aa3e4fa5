import { QemuToolCrash, QemuToolError } from "./qemu_tool_error.ts";

const PROMPT = "qemu-io> ";
/** No command takes nearly as long. */
const PATIENCE_MS = 20_000;

/** A running `qemu-io` that is given one command after the other. */
export class QemuIo {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #patienceMs: number;
  #unread = "";
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
    const io = new QemuIo(spawn(args), patienceMs);
    try {
      await io.#answers(1);
    } catch (error) {
      const said = io.#unread.trim().split("\n")[0];
      throw said === "" ? error : new QemuToolError(said);
    }
    return io;
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
    const text = new TextEncoder().encode(`${commands.join("\n")}\n`);
    // Nobody reads any more what a dead process is told; that it is dead shows in its answers.
    const written = this.#writer.write(text).catch(() => {});
    const answers = await this.#answers(commands.length);
    await written;
    return answers;
  }

  /** Have it close what is open, and end. Throws {@linkcode QemuToolCrash} if it does not end well. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    await this.#writer.close().catch(() => {});
    while (!(await this.#reader.read()).done);
    const { signal } = await this.#child.status;
    if (signal) throw new QemuToolCrash(`qemu-io ended by ${signal}`);
  }

  /** End it, whatever it is at. */
  kill(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#child.kill("SIGKILL");
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
  }

  /** The next so many answers: each ends where the prompt comes again. */
  async #answers(count: number): Promise<string[]> {
    const answers: string[] = [];
    while (answers.length < count) {
      const at = this.#unread.indexOf(PROMPT);
      if (at >= 0) {
        answers.push(this.#unread.slice(0, at));
        this.#unread = this.#unread.slice(at + PROMPT.length);
        continue;
      }
      this.#unread += await this.#read();
    }
    return answers;
  }

  async #read(): Promise<string> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, fail) => {
      const error = new QemuToolCrash(`qemu-io did not answer for ${this.#patienceMs / 1000} s`);
      timer = setTimeout(() => fail(error), this.#patienceMs);
    });
    try {
      const { value, done } = await Promise.race([this.#reader.read(), late]);
      if (!done) return this.#decoder.decode(value, { stream: true });
    } catch (error) {
      this.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    this.#isEnded = true;
    const { code, signal } = await this.#child.status;
    throw new QemuToolCrash(`qemu-io ended ${signal ? `by ${signal}` : `with exit code ${code}`}`);
  }
}

/** What it complains of comes where its answers come, so that each command has its own complaints. */
function spawn(args: readonly string[]): Deno.ChildProcess {
  const pipes = { stdin: "piped", stdout: "piped", stderr: "null" } as const;
  const line = ["-c", 'exec stdbuf -i0 qemu-io "$@" 2>&1', "qemu-io", ...args];
  return new Deno.Command("sh", { args: line, ...pipes }).spawn();
}

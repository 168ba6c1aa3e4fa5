import { PATIENCE_MS, QemuToolCrash } from "./qemu_tool_error.ts";

/** A shell that is talked to over pipes, with all that it starts in a process group of its own. */
export class PipedShell {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #patienceMs: number;
  #isEnded = false;

  /** Start `sh` with `args`; who waits longer than `patienceMs` for an answer gives up. */
  constructor(args: readonly string[], patienceMs = PATIENCE_MS) {
    const options = { stdin: "piped", stdout: "piped", stderr: "null", detached: true } as const;
    this.#child = new Deno.Command("sh", { args: [...args], ...options }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.getReader();
    this.#patienceMs = patienceMs;
  }

  /** Tell it something. Nobody reads what a dead process is told; that it is dead shows in its answers. */
  async write(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text)).catch(() => {});
  }

  /** More of what it prints; undefined once it has ended. */
  async read(): Promise<string | undefined> {
    const { value, done } = await this.#reader.read();
    if (!done) return this.#decoder.decode(value, { stream: true });
    this.#isEnded = true;
    await this.#child.status;
    return undefined;
  }

  /** Wait for an answer. Throws {@linkcode QemuToolCrash}, with `late`, and ends all if that takes too long. */
  async patiently<T>(late: string, answer: () => Promise<T>): Promise<T> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.kill();
    }, this.#patienceMs);
    try {
      const result = await answer();
      if (isLate) throw new QemuToolCrash(`${late} for ${this.#patienceMs / 1000} s`);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  /** It is told nothing more. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
  }

  /** End the shell and whatever it has started. */
  kill(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    Deno.kill(-this.#child.pid, "SIGKILL");
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
  }
}

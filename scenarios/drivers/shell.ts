import { QemuToolCrash } from "./qemu_tool_error.ts";

/** What a command printed, both streams together, and its exit code; above 128 a signal ended it. */
export interface ShellResult {
  readonly code: number;
  readonly output: string;
}

/** Comes after what a command prints, with its exit code. */
const END = "@end of command@ ";
/** No command takes nearly as long. */
const PATIENCE_MS = 20_000;

/**
 * A shell that stays, and runs one command after the other: it starts a process in a fraction of the
 * time that this program, which is large, takes for that.
 */
export class Shell {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #patienceMs: number;
  #isEnded = false;

  /** Start one. A command that takes longer than `patienceMs` is taken to hang. */
  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
    const pipes = { stdin: "piped", stdout: "piped", stderr: "inherit" } as const;
    this.#child = new Deno.Command("sh", pipes).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.getReader();
  }

  /** Run a command. Throws {@linkcode QemuToolCrash} if a signal ends it, or if it hangs. */
  async run(command: readonly string[]): Promise<ShellResult> {
    const line = `${command.map(quoted).join(" ")} 2>&1 </dev/null; printf '\\n${END}%d\\n' $?\n`;
    await this.#writer.write(new TextEncoder().encode(line));
    const timer = setTimeout(() => this.kill(), this.#patienceMs);
    try {
      const result = await this.#result(command);
      if (result.code > 128) {
        throw new QemuToolCrash(`${command[0]} ended by signal ${result.code - 128}`);
      }
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  /** End it. */
  kill(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#child.kill("SIGKILL");
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
  }

  async #result(command: readonly string[]): Promise<ShellResult> {
    const decoder = new TextDecoder();
    let output = "";
    for (;;) {
      const at = output.lastIndexOf(`\n${END}`);
      if (at >= 0 && output.endsWith("\n")) {
        return { code: Number(output.slice(at + 1 + END.length)), output: output.slice(0, at) };
      }
      const { value, done } = await this.#reader.read();
      if (done) {
        throw new QemuToolCrash(`${command[0]} did not end in ${this.#patienceMs / 1000} s`);
      }
      output += decoder.decode(value, { stream: true });
    }
  }
}

/** A word that no shell takes apart. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

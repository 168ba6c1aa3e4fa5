import { PipedShell } from "./piped_shell.ts";
import { QemuToolCrash } from "./qemu_tool_error.ts";

/** What a command printed, both streams together, and its exit code; above 128 a signal ended it. */
export interface ShellResult {
  readonly code: number;
  readonly output: string;
}

/** Comes after what a command prints, with its exit code. */
const END = "@end of command@ ";

/**
 * A shell that stays, and runs one command after the other: it starts a process in a fraction of the
 * time that this program, which is large, takes for that.
 */
export class Shell {
  readonly #shell: PipedShell;

  /** Start one. A command that takes longer than `patienceMs` is taken to hang. */
  constructor(patienceMs?: number) {
    this.#shell = new PipedShell([], patienceMs);
  }

  /** Run a command. Throws {@linkcode QemuToolCrash} if a signal ends it, or if it hangs. */
  async run(command: readonly string[]): Promise<ShellResult> {
    const line = `${command.map(quoted).join(" ")} 2>&1 </dev/null; printf '\\n${END}%d\\n' $?\n`;
    await this.#shell.write(line);
    const [name] = command;
    const result = await this.#shell.patiently(`${name} did not end`, () => this.#result());
    if (!result) throw new QemuToolCrash(`${name}: its shell has ended`);
    if (result.code > 128) throw new QemuToolCrash(`${name} ended by signal ${result.code - 128}`);
    return result;
  }

  /** End it. */
  kill(): void {
    this.#shell.kill();
  }

  /** Undefined if the shell ends first. */
  async #result(): Promise<ShellResult | undefined> {
    let output = "";
    for (;;) {
      const at = output.lastIndexOf(`\n${END}`);
      if (at >= 0 && output.endsWith("\n")) {
        return { code: Number(output.slice(at + 1 + END.length)), output: output.slice(0, at) };
      }
      const piece = await this.#shell.read();
      if (piece === undefined) return undefined;
      output += piece;
    }
  }
}

/** A word that no shell takes apart. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

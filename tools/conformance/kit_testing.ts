/** The kit with nothing real around it, for tests. */
import { runQed } from "../qed/run_testing.ts";
import type { Io } from "../kit/io.ts";
import { parseAdapter } from "./adapter.ts";
import { main } from "./main.ts";
import type { CommandRunner, Outcome } from "./outcome.ts";
import type { AdapterResult } from "./result.ts";

/** What the kit printed and how it ended. */
export interface KitResult {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** The world of the kit under test. */
export interface KitOptions {
  /** Runs the commands; processes if not given. */
  readonly runner?: CommandRunner;
  /** As `POWERCUT_REQUIRE_ALL=1` has it. */
  readonly requiresAll?: boolean;
  /** Whether standard error pretends to be a terminal. */
  readonly isTerminal?: boolean;
}

/** Run the kit in this process, with `args` as on the command line. */
export async function runKit(
  args: readonly string[],
  options: KitOptions = {},
): Promise<KitResult> {
  let stdout = "";
  let stderr = "";
  const nothing = () => {};
  const io: Io = {
    print: (text) => stdout += text,
    printBytes: nothing,
    complain: (text) => stderr += text,
    readInput: () => 0,
    isTerminal: { stdout: false, stderr: options.isTerminal ?? false },
    onInterrupt: () => ({ [Symbol.dispose]: nothing }),
    turn: () => Promise.resolve(),
  };
  const { runner, requiresAll = false } = options;
  const code = await main(args, { io, requiresAll, now: () => 0, ...(runner && { runner }) });
  return { code, stdout, stderr };
}

/** The results that `--json` prints, of one adapter. */
export async function resultsOf(
  args: readonly string[],
  options: KitOptions = {},
): Promise<AdapterResult & { readonly code: number }> {
  const { code, stdout, stderr } = await runKit(["--json", ...args], options);
  if (stdout === "") throw new Error(`conformance: exit ${code}\n${stderr}`);
  return { ...JSON.parse(stdout).adapters[0], code };
}

/**
 * Runs the commands of the adapter `qed` in this process: the same tool without the cost of
 * starting it. `change` may spoil what comes out.
 */
export class InProcessRunner implements CommandRunner {
  readonly #change: (words: readonly string[], outcome: Outcome) => Outcome;

  /** A runner, of a tool that is good or one that is not. */
  constructor(
    change: (words: readonly string[], outcome: Outcome) => Outcome = (_, outcome) => outcome,
  ) {
    this.#change = change;
  }

  /** Run the tool with the words that follow its name. */
  async run(words: readonly string[]): Promise<Outcome> {
    const args = words.slice(words.findIndex((word) => word.endsWith("tools/qed/main.ts")) + 1);
    const { code, stdoutBytes, stderr } = await runQed(args);
    return this.#change(args, { kind: "exited", code, stdout: stdoutBytes, stderr });
  }
}

/** Write an adapter with these commands into `folder`; answers its path. */
export function writeAdapter(folder: string, adapter: Readonly<Record<string, unknown>>): string {
  const path = `${folder}/adapter.json`;
  const text = JSON.stringify({ name: "planted", ...adapter });
  parseAdapter(text, path);
  Deno.writeTextFileSync(path, text);
  return path;
}

/** Whether a process runs; one that waits to be buried does not. */
export function isRunning(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

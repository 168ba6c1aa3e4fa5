/** The kit with nothing real around it, for tests. */
import { runQed } from "../qed/run_testing.ts";
import { runCaptured, type RunResult } from "../kit/captured_io.ts";
import { runProgram } from "../kit/run_program.ts";
import { parseAdapter } from "./adapter.ts";
import { conformanceIn, type World } from "./main.ts";
import type { CommandRunner, ProcessOutcome } from "../kit/process_outcome.ts";
import type { AdapterResult } from "./result.ts";

/** The world of the kit under test. */
export interface KitOptions extends World {
  /** Whether standard error pretends to be a terminal. */
  readonly isTerminal?: boolean;
}

/** Run the kit in this process, with `args` as on the command line. */
export function runKit(args: readonly string[], options: KitOptions = {}): Promise<RunResult> {
  const { isTerminal = false, requiresAll = false, runner } = options;
  const command = conformanceIn({ requiresAll, ...(runner && { runner }) });
  let milliseconds = 0;
  return runCaptured((io) => runProgram(command, args, io), {
    isTerminal: { stderr: isTerminal },
    now: () => isTerminal ? milliseconds += 1000 : 0,
  });
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
  readonly #change: (words: readonly string[], outcome: ProcessOutcome) => ProcessOutcome;

  /** A runner, of a tool that is good or one that is not. */
  constructor(
    change: (words: readonly string[], outcome: ProcessOutcome) => ProcessOutcome = (_, outcome) =>
      outcome,
  ) {
    this.#change = change;
  }

  /** Run the tool with the words that follow its name. */
  async run(words: readonly string[]): Promise<ProcessOutcome> {
    const args = words.slice(words.indexOf("qed") + 1);
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

import { runCaptured, type RunOptions, type RunResult } from "../kit/captured_io.ts";
import { runProgram } from "../kit/run_program.ts";
import { QED } from "./main.ts";

export type { RunOptions, RunResult } from "../kit/captured_io.ts";

/** Run the image tool in this process, with `args` as on the command line. */
export function runQed(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runCaptured((io) => runProgram(QED, args, io), options);
}

/** The same for a command that must succeed. Returns its standard output. */
export async function runQedOk(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runQed(args);
  if (code !== 0) throw new Error(`qed ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

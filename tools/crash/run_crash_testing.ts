import { runCaptured, type RunResult } from "../kit/captured_io.ts";
import { runProgram } from "../kit/run_program.ts";
import { CRASH } from "./main.ts";

/** Run `powercut crash` in this process and capture what it prints. */
export function crash(...args: string[]): Promise<RunResult> {
  return runCaptured((io) => runProgram(CRASH, args, io));
}

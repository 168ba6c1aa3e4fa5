import type { Io } from "../../kit/io.ts";
import { main } from "../main.ts";

/** What a command of the image tool printed and how it ended. */
export interface QedResult {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** The world of a command that prints text, reads nothing, and is not interrupted. */
export function textIo(streams: Pick<Io, "print" | "complain">): Io {
  const nothing = () => {};
  return {
    ...streams,
    printBytes: nothing,
    readInput: () => 0,
    isTerminal: { stdout: false, stderr: false },
    onInterrupt: () => ({ [Symbol.dispose]: nothing }),
    turn: () => Promise.resolve(),
  };
}

/** Run the image tool in this process, with `args` as on the command line. */
export async function runQed(args: readonly string[]): Promise<QedResult> {
  let stdout = "";
  let stderr = "";
  const io = textIo({
    print: (text) => stdout += text,
    complain: (text) => stderr += text,
  });
  const code = await main(args, io);
  return { code, stdout, stderr };
}

/** The same for a command that must succeed. Throws with what it complained of if it fails. */
export async function runQedOk(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runQed(args);
  if (code !== 0) throw new Error(`qed ${args.join(" ")}: exit ${code}\n${stderr}`);
  return stdout;
}

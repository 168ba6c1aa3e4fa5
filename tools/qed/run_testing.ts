import type { Io } from "../kit/io.ts";
import { main } from "./main.ts";

/** What a command printed and how it ended. */
export interface RunResult {
  /** Exit code. */
  readonly code: number;
  /** Standard output, as text. */
  readonly stdout: string;
  /** Standard output. */
  readonly stdoutBytes: Uint8Array;
  /** Standard error. */
  readonly stderr: string;
}

/** The world of a command under test. */
export interface RunOptions {
  /** What standard input holds. */
  readonly stdin?: Uint8Array;
  /** Which streams pretend to be terminals. */
  readonly isTerminal?: { readonly stdout?: boolean; readonly stderr?: boolean };
  /** Called each time the command lets signals in; the argument is what a signal would call. */
  readonly onTurn?: (interrupt: () => void) => void;
}

/** Run the tool in this process. */
export async function runQed(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const out: Uint8Array[] = [];
  let stderr = "";
  let input = options.stdin ?? new Uint8Array(0);
  const cleanUps = new Set<() => void>();
  const io: Io = {
    print: (text) => out.push(new TextEncoder().encode(text)),
    printBytes: (bytes) => out.push(bytes.slice()),
    complain: (text) => stderr += text,
    readInput(into) {
      const count = Math.min(into.length, input.length, 1000);
      into.set(input.subarray(0, count));
      input = input.subarray(count);
      return count;
    },
    isTerminal: { stdout: false, stderr: false, ...options.isTerminal },
    onInterrupt(cleanUp) {
      cleanUps.add(cleanUp);
      return { [Symbol.dispose]: () => cleanUps.delete(cleanUp) };
    },
    turn() {
      options.onTurn?.(() => cleanUps.forEach((cleanUp) => cleanUp()));
      return Promise.resolve();
    },
  };
  const code = await main(args, io);
  const stdoutBytes = new Uint8Array(await new Blob(out as BlobPart[]).arrayBuffer());
  return { code, stdout: new TextDecoder().decode(stdoutBytes), stdoutBytes, stderr };
}

/** The same for a command that must succeed; answers its standard output. */
export async function runQedOk(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runQed(args);
  if (code !== 0) throw new Error(`qed ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

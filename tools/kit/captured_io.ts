import { Io, type System } from "./io.ts";

/** The output and the exit code of a program. */
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

/** The world of a program under test. */
export interface RunOptions {
  /** The bytes of standard input. */
  readonly stdin?: Uint8Array;
  /** Which streams pretend to be terminals. */
  readonly isTerminal?: { readonly stdout?: boolean; readonly stderr?: boolean };
  /** Called each time the program lets signals in; the argument is what a signal would call. */
  readonly onTurn?: (signal: () => void) => void;
  /** The clock, in milliseconds; it stands still if not given. */
  readonly now?: () => number;
  /** Called with each text that goes to standard output. */
  readonly onPrint?: (text: string) => void;
  /** Whether a signal arrives as soon as the program listens for one. */
  readonly isStopped?: boolean;
  /** Called with the streams before the program runs. */
  readonly onStart?: (streams: CapturedIo) => void;
}

/** Streams that keep what a program writes. */
export class CapturedIo {
  /** The streams to hand in. */
  readonly io: Io;
  /** Standard error so far. */
  stderr = "";
  readonly #out: Uint8Array[] = [];
  readonly #listeners = new Set<(code: number) => void>();

  /** Streams in the world of `options`. */
  constructor(options: RunOptions = {}) {
    let input = options.stdin ?? new Uint8Array(0);
    const system: System = {
      write: (stream, bytes) => {
        if (stream === "stderr") this.stderr += new TextDecoder().decode(bytes);
        else {
          this.#out.push(bytes.slice());
          options.onPrint?.(new TextDecoder().decode(bytes));
        }
      },
      readInput: (into) => {
        const count = Math.min(into.length, input.length, 1000);
        into.set(input.subarray(0, count));
        input = input.subarray(count);
        return count;
      },
      isTerminal: { stdout: false, stderr: false, ...options.isTerminal },
      now: options.now ?? (() => 0),
      turn: () => {
        options.onTurn?.(() => this.signal());
        return Promise.resolve();
      },
      onSignal: (listener) => {
        this.#listeners.add(listener);
        if (options.isStopped) queueMicrotask(() => this.signal());
        return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
      },
      exit: () => {},
    };
    this.io = new Io(system);
  }

  /** Standard output so far. */
  get stdoutBytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#out.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const bytes of this.#out) {
      all.set(bytes, at);
      at += bytes.length;
    }
    return all;
  }

  /** Standard output so far, as text. */
  get stdout(): string {
    return new TextDecoder().decode(this.stdoutBytes);
  }

  /** Send the program a signal that asks it to end. */
  signal(): void {
    for (const listener of this.#listeners) listener(130);
  }
}

/** Run a program in this process and keep what it prints. */
export async function runCaptured(
  run: (io: Io) => number | Promise<number>,
  options: RunOptions = {},
): Promise<RunResult> {
  const captured = new CapturedIo(options);
  options.onStart?.(captured);
  const code = await run(captured.io);
  const { stdout, stdoutBytes, stderr } = captured;
  return { code, stdout, stdoutBytes, stderr };
}

import { setImmediate } from "node:timers";

/** The world of a command: its streams, and the signals that ask it to stop. */
export interface Io {
  /** Write text to standard output. */
  print(text: string): void;
  /** Write bytes to standard output. */
  printBytes(bytes: Uint8Array): void;
  /** Write text to standard error. */
  complain(text: string): void;
  /** Read standard input; the count is 0 at its end. */
  readInput(into: Uint8Array): number;
  /** Which of the streams are terminals. */
  readonly isTerminal: { readonly stdout: boolean; readonly stderr: boolean };
  /**
   * Have `cleanUp` called when a signal asks the program to stop, before it does. Signals arrive
   * only during {@linkcode Io.turn}. Disposing the answer takes it back.
   */
  onInterrupt(cleanUp: () => void): Disposable;
  /** Let signals arrive that came while the command was busy. */
  turn(): Promise<void>;
}

/** Nobody reads standard output any more: there is no use in going on, and nobody to tell. */
export class OutputClosedError extends Error {
  /** The name of this kind of error. */
  override readonly name = "OutputClosedError";
}

/** How long the program may be busy without looking for signals, in milliseconds. */
const TURN_MILLISECONDS = 20;

const SIGNALS = [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]] as const;

/** The streams and signals of this process. */
export function systemIo(): Io {
  const encoder = new TextEncoder();
  return {
    print: (text) => writeAll(Deno.stdout, encoder.encode(text)),
    printBytes: (bytes) => writeAll(Deno.stdout, bytes),
    complain: (text) => writeAll(Deno.stderr, encoder.encode(text)),
    readInput: (into) => Deno.stdin.readSync(into) ?? 0,
    isTerminal: {
      get stdout() {
        return Deno.stdout.isTerminal();
      },
      get stderr() {
        return Deno.stderr.isTerminal();
      },
    },
    onInterrupt,
    turn: turnTaker(),
  };
}

/** A turn costs as much as a small request: those that come too soon are left out. */
function turnTaker(): () => Promise<void> {
  let last = performance.now();
  return () => {
    if (performance.now() - last < TURN_MILLISECONDS) return Promise.resolve();
    return new Promise((resolve) =>
      setImmediate(() => {
        last = performance.now();
        resolve();
      })
    );
  };
}

function onInterrupt(cleanUp: () => void): Disposable {
  const listeners = SIGNALS.map(([signal, number]) => {
    const listener = () => {
      cleanUp();
      Deno.exit(128 + number);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return { [Symbol.dispose]: () => listeners.forEach((remove) => remove()) };
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosedError();
    throw error;
  }
}

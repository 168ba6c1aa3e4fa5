import { setImmediate } from "node:timers";
import { escapeControls } from "./control_characters.ts";
import { EXIT } from "./exit_codes.ts";

/** The parts of a process that a program uses; tests hand in their own. */
export interface System {
  /** Write all bytes to a stream. Throws {@linkcode OutputClosedError} if its reader is gone. */
  write(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** Read standard input; the count is 0 at its end. */
  readInput(into: Uint8Array): number;
  /** Which of the streams are terminals. */
  readonly isTerminal: { readonly stdout: boolean; readonly stderr: boolean };
  /** Milliseconds since some moment. */
  now(): number;
  /** Let signals and other tasks of the event loop run. */
  turn(): Promise<void>;
  /** Call `listener` with the exit code that belongs to a signal; disposing ends that. */
  onSignal(listener: (code: number) => void): Disposable;
  /** End the process. */
  exit(code: number): void;
}

/** The reader of standard output has closed it, so the program ends without a message. */
export class OutputClosedError extends Error {
  /** The name of this kind of error. */
  override readonly name = "OutputClosedError";
}

/** A status line is drawn again after this many milliseconds at the earliest. */
const STATUS_MILLISECONDS = 100;

/** The streams, the signals and the clock of a program, and how the user started it. */
export class Io {
  /** The words before the name of a program: `powercut` or `deno task`. */
  readonly invocation: string;
  readonly #system: System;
  readonly #encoder = new TextEncoder();
  #hasStatus = false;
  #statusAt = -Infinity;

  /** Streams of `system`, for a program that was started by `invocation`. */
  constructor(system: System, invocation = "powercut") {
    this.#system = system;
    this.invocation = invocation;
  }

  /** Which of the streams are terminals. */
  get isTerminal(): System["isTerminal"] {
    return this.#system.isTerminal;
  }

  /** Write text to standard output; a terminal gets control characters as escapes. */
  print(text: string): void {
    this.printBytes(
      this.#encoder.encode(this.isTerminal.stdout ? escapeControls(text) : text),
    );
  }

  /** The same with a line break. */
  printLine(text = ""): void {
    this.print(`${text}\n`);
  }

  /** Write bytes to standard output as they are. */
  printBytes(bytes: Uint8Array): void {
    this.clearStatus();
    this.#system.write("stdout", bytes);
  }

  /** Write a line to standard error, with control characters as escapes. */
  printError(text: string): void {
    this.clearStatus();
    this.#writeError(`${escapeControls(text)}\n`);
  }

  /**
   * Show how far long work is: a line on standard error that the next one replaces, and any other
   * output removes. Nothing is shown unless standard error is a terminal or the user asked for it.
   */
  showStatus(text: string, { isWanted = false }: { readonly isWanted?: boolean } = {}): void {
    const isTerminal = this.isTerminal.stderr;
    if (!isTerminal && !isWanted) return;
    if (!isWanted) {
      const now = this.now();
      if (now - this.#statusAt < STATUS_MILLISECONDS) return;
      this.#statusAt = now;
    }
    this.#hasStatus = true;
    this.#writeError(`${escapeControls(text)}${isTerminal ? "\x1b[K" : ""}\r`);
  }

  /** Remove the status line, or leave it where the stream is no terminal. */
  clearStatus(): void {
    if (!this.#hasStatus) return;
    this.#hasStatus = false;
    this.#writeError(this.isTerminal.stderr ? "\x1b[K" : "\n");
  }

  /** Read standard input; the count is 0 at its end. */
  readInput(into: Uint8Array): number {
    return this.#system.readInput(into);
  }

  /** Milliseconds since some moment. */
  now(): number {
    return this.#system.now();
  }

  /**
   * Call `cleanUp` when a signal asks the program to end, before it does. Signals arrive only during
   * {@linkcode Io.turn} and other waiting. Disposing the result takes it back.
   */
  onInterrupt(cleanUp: () => void): Disposable {
    return this.#system.onSignal((code) => {
      cleanUp();
      this.#system.exit(code);
    });
  }

  /**
   * Call `stop` when a signal asks the program to end: the program then finishes by itself. A second
   * signal ends it at once. Disposing the result takes it back.
   */
  onStop(stop: () => void): Disposable {
    const listening = this.#system.onSignal(() => {
      listening[Symbol.dispose]();
      stop();
    });
    return listening;
  }

  /** Let signals arrive that came while the program was busy. */
  turn(): Promise<void> {
    return this.#system.turn();
  }

  /** A command line of ours to copy: `words` begin with the program, such as `crash`. */
  commandText(...words: readonly string[]): string {
    const quoted = words.map((word) =>
      /^[\w./,=:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
    );
    return [this.invocation, ...quoted].join(" ");
  }

  #writeError(text: string): void {
    this.#system.write("stderr", this.#encoder.encode(text));
  }
}

/** The streams and signals of this process. */
export function systemIo(invocation?: string): Io {
  return new Io({
    write: (stream, bytes) => writeAll(Deno[stream], bytes),
    readInput: (into) => Deno.stdin.readSync(into) ?? 0,
    isTerminal: {
      get stdout() {
        return Deno.stdout.isTerminal();
      },
      get stderr() {
        return Deno.stderr.isTerminal();
      },
    },
    now: () => performance.now(),
    turn: turnTaker(),
    onSignal,
    exit: Deno.exit,
  }, invocation);
}

/** The program looks for signals after this many milliseconds at the earliest. */
const TURN_MILLISECONDS = 20;

/** A turn costs as much as a small request, so turns that come too soon are left out. */
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

const SIGNALS = [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]] as const;

function onSignal(listener: (code: number) => void): Disposable {
  const removals = SIGNALS.map(([signal, number]) => {
    const each = () => listener(EXIT.SIGNAL + number);
    Deno.addSignalListener(signal, each);
    return () => Deno.removeSignalListener(signal, each);
  });
  return { [Symbol.dispose]: () => removals.splice(0).forEach((remove) => remove()) };
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosedError();
    throw error;
  }
}

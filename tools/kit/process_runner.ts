import type { CommandRunner, ProcessOutcome } from "./process_outcome.ts";

/** The limits of a command; it has no others. */
export interface Limits {
  /** Seconds from start to end. */
  readonly seconds?: number;
  /** Bytes of memory, of the process that was started. */
  readonly memoryBytes?: number;
  /** Bytes printed, on either stream. */
  readonly printedBytes?: number;
  /** Bytes that the files of its folder take on the disk. */
  readonly diskBytes?: number;
}

/** How often memory and files are measured, in milliseconds. */
const WATCH_MS = 100;
/** How long to wait for the end of the pipes after the end of a process, in milliseconds. */
const DRAIN_MS = 1000;
const PAGE_BYTES = 4096;
/** Exit codes from here on stand for signals, as in shells. */
const FIRST_SIGNAL_CODE = 128;

/**
 * Runs commands as processes, each in a process group of its own, and kills the whole group where
 * a command takes more than its limits.
 */
export class ProcessRunner implements CommandRunner {
  readonly #limits: Limits;
  readonly #running = new Set<number>();

  /** A runner with these limits. */
  constructor(limits: Limits = {}) {
    this.#limits = limits;
  }

  /** Run a command and wait for its end, which comes within the limits. */
  async run(words: readonly string[], folder: string): Promise<ProcessOutcome> {
    const [program, ...args] = words;
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(program, {
        args,
        cwd: folder,
        env: { LC_ALL: "C", NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
    } catch (error) {
      return { kind: "missing", why: (error as Error).message, stderr: "" };
    }
    this.#running.add(child.pid);
    let killedFor: string | undefined;
    const kill = (why: string) => {
      killedFor ??= why;
      killGroup(child.pid);
    };
    const stopWatching = this.#watch(child.pid, folder, kill);
    const { printedBytes = Infinity } = this.#limits;
    const overflow = () => kill(`it printed more than ${printedBytes} bytes`);
    const stdout = new Output(child.stdout, printedBytes, overflow);
    const stderr = new Output(child.stderr, printedBytes, overflow);
    const { code, signal } = await child.status;
    // The processes that it has started end with it, and close the pipes.
    killGroup(child.pid);
    stopWatching();
    this.#running.delete(child.pid);
    await Promise.all([stdout.end(), stderr.end()]);
    const text = new TextDecoder().decode(stderr.bytes());
    if (killedFor !== undefined) return { kind: "killed", why: killedFor, stderr: text };
    if (signal !== null || code >= FIRST_SIGNAL_CODE) {
      return { kind: "crashed", code, why: signal ?? `exit code ${code}`, stderr: text };
    }
    return { kind: "exited", code, stdout: stdout.bytes(), stderr: text };
  }

  /** Kill all commands that run. */
  killAll(): void {
    for (const pid of this.#running) killGroup(pid);
  }

  #watch(pid: number, folder: string, kill: (why: string) => void): () => void {
    const { seconds, memoryBytes, diskBytes } = this.#limits;
    const late = () => kill(`it ran for more than ${seconds} seconds`);
    const clock = seconds === undefined ? undefined : setTimeout(late, seconds * 1000);
    const measure = () => {
      if (memoryBytes !== undefined && memoryOf(pid) > memoryBytes) {
        kill(`it took more than ${memoryBytes} bytes of memory`);
      }
      if (diskBytes !== undefined && diskOf(folder) > diskBytes) {
        kill(`it wrote more than ${diskBytes} bytes`);
      }
    };
    const isMeasured = memoryBytes !== undefined || diskBytes !== undefined;
    const timer = isMeasured ? setInterval(measure, WATCH_MS) : undefined;
    return () => {
      clearTimeout(clock);
      clearInterval(timer);
    };
  }
}

/** The bytes of a pipe, up to a limit. */
class Output {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #chunks: Uint8Array[] = [];
  readonly #done: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>, maxBytes: number, overflow: () => void) {
    this.#reader = stream.getReader();
    this.#done = this.#collect(maxBytes, overflow);
  }

  /** Wait for the end of the pipe, though not for one that another process keeps open. */
  async end(): Promise<void> {
    const late = setTimeout(() => this.#reader.cancel().catch(() => {}), DRAIN_MS);
    await this.#done;
    clearTimeout(late);
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  async #collect(maxBytes: number, overflow: () => void): Promise<void> {
    let leftBytes = maxBytes;
    while (true) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      leftBytes -= value.length;
      if (leftBytes >= 0) this.#chunks.push(value);
      else overflow();
    }
  }
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // No process of the group is left.
  }
}

/** Bytes of memory that a process takes; 0 where the system does not say. */
function memoryOf(pid: number): number {
  try {
    return Number(Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ")[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/** Bytes that the files of a folder take on the disk. */
function diskOf(folder: string): number {
  let bytes = 0;
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (!isFile) continue;
    try {
      bytes += (Deno.statSync(`${folder}/${name}`).blocks ?? 0) * 512;
    } catch {
      // It has just been removed.
    }
  }
  return bytes;
}

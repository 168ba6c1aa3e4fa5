import * as fs from "node:fs";
import { NbdDisconnectedError, NbdTimeoutError } from "../../lib/nbd/mod.ts";
import { ImageRefusal, QemuToolCrash, QemuToolError, TIMEOUT_MS } from "./qemu_tool_error.ts";

/** How often to look whether the process listens: it takes some milliseconds to start. */
const POLL_MS = 1;

/** How to serve an image. */
export interface QemuNbdOptions {
  /** Options that tell QEMU how to open the image, as `--image-opts` takes them. */
  readonly image: string;
  /** Where to put the socket, which is removed when the process has ended. */
  readonly socketPath: string;
  /** Whether each write is flushed before it is answered; a guest has `writeback`. */
  readonly cache: "writeback" | "writethrough";
  /** How long QEMU may take for each answer before it is taken to hang. */
  readonly timeoutMs?: number;
}

/** A running `qemu-nbd`, which serves an image to one client and ends when that leaves. */
export class QemuNbd {
  /** How long it may take for each answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly #options: QemuNbdOptions;
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #kill = () => this.kill();
  #status: Deno.CommandStatus | undefined;

  /** Start it. Throws {@linkcode QemuToolError} if it is not there. */
  constructor(options: QemuNbdOptions) {
    this.#options = options;
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#child = spawn([
      `--cache=${options.cache}`,
      "--discard=unmap",
      `--socket=${options.socketPath}`,
      "--image-opts",
      options.image,
    ]);
    this.#stderr = new Response(this.#child.stderr).text();
    // Until its client comes it waits, also where this program ends first.
    addEventListener("unload", this.#kill);
    this.#child.status.then((status) => {
      this.#status = status;
      removeEventListener("unload", this.#kill);
      // It removes the socket itself, unless a signal ends it.
      fs.rmSync(options.socketPath, { force: true });
    });
  }

  /** Its number. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Connect to it as soon as it listens, which is before it opens the image. Throws NbdDisconnectedError
   * if it ends first, and {@linkcode QemuToolCrash} if that takes too long.
   */
  async connect(): Promise<Deno.Conn> {
    const start = performance.now();
    for (;;) {
      if (this.#status) throw new NbdDisconnectedError("qemu-nbd has ended");
      if (performance.now() - start > this.timeoutMs) throw this.#hangs();
      // To look is much quicker than to try.
      const connection = fs.existsSync(this.#options.socketPath) && await this.#tryToConnect();
      if (connection) return connection;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Wait until it has ended. Throws {@linkcode QemuToolCrash} if that takes too long, or is no good end. */
  async end(): Promise<void> {
    const status = await this.#ended();
    if (!status.success) throw crashOf(status);
  }

  /** End it, whatever it is at. */
  kill(): void {
    if (this.#status) return;
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has just ended.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** End it over `error`. Resolves to the reason: where the connection is lost, how the process ended. */
  async reasonFor(error: unknown): Promise<unknown> {
    if (error instanceof NbdDisconnectedError) {
      return await this.#ended().then(crashOf, (hangs: unknown) => hangs);
    }
    this.kill();
    await this.#child.status;
    return error instanceof NbdTimeoutError ? this.#hangs() : error;
  }

  /**
   * The same for an error before the first request: {@linkcode ImageRefusal} if the driver does not open
   * the image, {@linkcode QemuToolError} if something else keeps the process from serving it.
   */
  async startFailure(error: unknown): Promise<unknown> {
    const reason = await this.reasonFor(error);
    const text = (await this.#stderr).trim();
    if (this.#status?.signal || text === "") return reason;
    const about = `Failed to blk_new_open '${this.#options.image}': `;
    const at = text.lastIndexOf(about);
    if (at < 0) return new QemuToolError(`Cannot serve the image: ${text}`);
    return new ImageRefusal(text.slice(at + about.length).split("\n")[0]);
  }

  /** Undefined while it does not listen yet. */
  async #tryToConnect(): Promise<Deno.Conn | undefined> {
    try {
      return await Deno.connect({ transport: "unix", path: this.#options.socketPath });
    } catch (error) {
      const { ConnectionRefused, NotFound } = Deno.errors;
      if (error instanceof ConnectionRefused || error instanceof NotFound) return undefined;
      throw error;
    }
  }

  async #ended(): Promise<Deno.CommandStatus> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.kill();
    }, this.timeoutMs);
    const status = await this.#child.status;
    clearTimeout(timer);
    if (isLate) throw this.#hangs();
    return status;
  }

  #hangs(): QemuToolCrash {
    return new QemuToolCrash(`qemu-nbd did not answer for ${this.timeoutMs / 1000} s`);
  }
}

function spawn(args: readonly string[]): Deno.ChildProcess {
  const pipes = { stdin: "null", stdout: "null", stderr: "piped" } as const;
  try {
    return new Deno.Command("qemu-nbd", { args: [...args], ...pipes }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new QemuToolError("qemu-nbd is not installed (Debian: qemu-utils)");
  }
}

function crashOf({ signal, code }: Deno.CommandStatus): QemuToolCrash {
  return new QemuToolCrash(`qemu-nbd ended ${signal ? `by ${signal}` : `with exit code ${code}`}`);
}

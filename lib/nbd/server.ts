import type { StartTimer } from "../storage/idle_timer.ts";
import type { ByteStream } from "./byte_stream.ts";
import { Connection } from "./connection.ts";
import type { NbdExport } from "./served_disk.ts";

/** Where clients come from; that of `Deno.listen` is one. */
export interface Listener {
  /** Wait for the next client. Rejects once this is closed. */
  accept(): Promise<ByteStream>;
  /** Let nobody in any more. */
  close(): void;
}

/** The most clients at a time; the others wait at the door. */
export const MAX_CONNECTIONS = 16;

/** Settings of a {@linkcode NbdServer}. */
export interface NbdServerOptions {
  /** What is served. */
  readonly served: NbdExport;
  /** Where clients come from; closed with the server. */
  readonly listener: Listener;
  /** Starts the timers that limit how long a client may take. */
  readonly startTimer: StartTimer;
  /** The most clients at a time; {@linkcode MAX_CONNECTIONS} if not given. */
  readonly maxConnections?: number;
  /** Told what clients do wrong. */
  readonly onClientError?: (message: string) => void;
}

/** Serves one disk to many clients. */
export class NbdServer {
  readonly #options: NbdServerOptions;
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #accepting: Promise<void>;
  #isStopping = false;
  #onLeave: (() => void) | undefined;

  /** Let clients in from now on. */
  constructor(options: NbdServerOptions) {
    this.#options = options;
    this.#accepting = this.#accept();
  }

  /** How many clients there are. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Let nobody in any more, finish what is in flight, and let the clients go. The disk is as they
   * left it, and may be closed afterwards.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#options.listener.close();
    this.#onLeave?.();
    await this.#accepting;
    const running = [...this.#connections.values()];
    await Promise.all(Array.from(this.#connections.keys(), (each) => each.stop()));
    await Promise.all(running);
  }

  async #accept(): Promise<void> {
    const { listener, maxConnections = MAX_CONNECTIONS } = this.#options;
    while (!this.#isStopping) {
      if (this.#connections.size >= maxConnections) {
        await new Promise<void>((resolve) => this.#onLeave = resolve);
        continue;
      }
      let stream: ByteStream;
      try {
        stream = await listener.accept();
      } catch (error) {
        if (this.#isStopping) return;
        // One client that could not be let in, the system being short of something.
        this.#options.onClientError?.(`cannot accept a client: ${error}`);
        await new Promise<void>((resolve) => this.#options.startTimer(resolve, 100));
        continue;
      }
      this.#welcome(stream);
    }
  }

  #welcome(stream: ByteStream): void {
    const { served, startTimer, onClientError } = this.#options;
    if (this.#isStopping) {
      stream.close();
      return;
    }
    const connection = new Connection(stream, served, startTimer);
    const running = connection.run().then((complaint) => {
      if (complaint !== undefined) onClientError?.(`disconnected a client: ${complaint}`);
      this.#connections.delete(connection);
      this.#onLeave?.();
    });
    this.#connections.set(connection, running);
  }
}

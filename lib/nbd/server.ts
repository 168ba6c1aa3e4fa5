import type { StartTimer } from "../storage/idle_timer.ts";
import type { ByteStream } from "./byte_stream.ts";
import { Connection } from "./connection.ts";
import type { NbdExport } from "./served_disk.ts";

/** Accepts connections of clients, like a listener of `Deno.listen`. */
export interface Listener {
  /** Wait for the next client. Rejects once this is closed. */
  accept(): Promise<ByteStream>;
  /** Accept no more clients. */
  close(): void;
}

/** Maximum number of concurrent clients; further connections queue. */
export const MAX_CONNECTIONS = 16;

/** Settings of a {@linkcode NbdServer}. */
export interface NbdServerOptions {
  /** The export. */
  readonly served: NbdExport;
  /** Accepts clients; closed with the server. */
  readonly listener: Listener;
  /** Starts timers for timeouts. */
  readonly startTimer: StartTimer;
  /** Maximum number of concurrent clients; {@linkcode MAX_CONNECTIONS} by default. */
  readonly maxConnections?: number;
  /** Called with a description of each error of a client. */
  readonly onClientError?: (message: string) => void;
}

/** Serves one disk to many clients. */
export class NbdServer {
  readonly #options: NbdServerOptions;
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #accepting: Promise<void>;
  #isStopping = false;
  #onLeave: (() => void) | undefined;

  /** Start to accept clients. */
  constructor(options: NbdServerOptions) {
    this.#options = options;
    this.#accepting = this.#accept();
  }

  /** The number of connected clients. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Accept no more clients, finish requests in flight, and disconnect the clients. The disk may be
   * closed afterwards.
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
        // The system lacks a resource for this client, such as a descriptor.
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

import type { StartTimer } from "../storage/idle_timer.ts";
import { ByteReader } from "./byte_reader.ts";
import type { ByteStream } from "./byte_stream.ts";
import { Negotiation } from "./negotiation.ts";
import { Outbox } from "./outbox.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { NbdExport } from "./served_disk.ts";
import { Transmission } from "./transmission.ts";

/** Timeouts of the negotiation, and of the last replies when the server stops. */
const NEGOTIATION_MS = 10_000;
const FAREWELL_MS = 2000;

/** The connection of one client, from its first byte to its last. */
export class Connection {
  readonly #stream: ByteStream;
  readonly #served: NbdExport;
  readonly #startTimer: StartTimer;
  readonly #outbox: Outbox;
  #transmission: Transmission | undefined;
  #isClosed = false;

  /** Serve `served` to the client of `stream`. */
  constructor(stream: ByteStream, served: NbdExport, startTimer: StartTimer) {
    this.#stream = stream;
    this.#served = served;
    this.#startTimer = startTimer;
    this.#outbox = new Outbox(stream, () => this.#transmission?.progressed());
  }

  /**
   * Serve until the client disconnects, then finish requests in flight. Returns a description of
   * the client's error, if that ended the connection; never throws.
   */
  async run(): Promise<string | undefined> {
    try {
      await this.#serve();
      return undefined;
    } catch (error) {
      return error instanceof ProtocolError ? error.message : undefined;
    } finally {
      await this.#transmission?.idle();
      await this.#outbox.drained().catch(() => {});
      this.#close();
    }
  }

  /** Take no more requests, finish those in flight, send their replies, and close. */
  async stop(): Promise<void> {
    const callOff = this.#startTimer(() => this.#close(), FAREWELL_MS);
    this.#transmission?.stop();
    await this.#transmission?.idle();
    await this.#outbox.drained().catch(() => {});
    callOff();
    this.#close();
  }

  async #serve(): Promise<void> {
    const reader = new ByteReader(this.#stream);
    const callOff = this.#startTimer(() => this.#close(), NEGOTIATION_MS);
    const agreement = await new Negotiation(reader, this.#outbox, this.#served).run()
      .finally(callOff);
    if (!agreement || this.#isClosed) return;
    const { disk } = this.#served;
    this.#transmission = new Transmission({ reader, outbox: this.#outbox, disk, agreement });
    await this.#transmission.run();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
  }
}

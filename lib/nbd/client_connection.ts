import type { StartTimer } from "../storage/idle_timer.ts";
import { ByteReader, StreamEndError } from "./byte_reader.ts";
import type { ByteStream } from "./byte_stream.ts";
import { NbdDisconnectedError, NbdTimeoutError } from "./client_error.ts";
import { type NewRequest, requestHead } from "./client_messages.ts";
import { ClientNegotiation, type ServedExport, type WantedExport } from "./client_negotiation.ts";
import { PendingRequest } from "./client_pending.ts";
import { readReply, type ReplyContext } from "./client_replies.ts";
import { Outbox } from "./outbox.ts";
import { COMMAND } from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { DiskExtent } from "./served_disk.ts";

/** How long a server may take, in milliseconds, and who watches that. */
export interface ReplyTimeout {
  /** For the negotiation, and for each reply. */
  readonly timeoutMs: number;
  /** Starts the timers. */
  readonly startTimer: StartTimer;
}

/**
 * A client's end of a connection: it sends requests and gives each its reply. Once it has failed,
 * requests in flight and later ones reject with the reason.
 */
export class ClientConnection {
  readonly #stream: ByteStream;
  readonly #reader: ByteReader;
  readonly #outbox: Outbox;
  readonly #timeout: ReplyTimeout;
  readonly #pending = new Map<bigint, PendingRequest>();
  #nextCookie = 1n;
  #failure: Error | undefined;
  #receiving: Promise<void> = Promise.resolve();

  /** Talk to the server at the other end of `stream`. */
  constructor(stream: ByteStream, timeout: ReplyTimeout) {
    this.#stream = stream;
    this.#reader = new ByteReader(stream);
    this.#outbox = new Outbox(stream, () => {});
    this.#timeout = timeout;
  }

  /** Agree on an export. Throws why that failed; the connection is closed then. */
  async negotiate(wanted: WantedExport): Promise<ServedExport> {
    const stopTimer = this.#startTimer("agree on an export");
    try {
      const served = await new ClientNegotiation(this.#reader, this.#outbox, wanted).run();
      this.#receiving = this.#receive(served);
      return served;
    } catch (error) {
      throw this.fail(endOf(error));
    } finally {
      stopTimer();
    }
  }

  /**
   * Send a request and wait for its reply. `verb` says in messages what it is to do; the data of a read
   * go into `into`. Resolves to the extents that the server describes, if it was asked for them.
   */
  async send(
    request: NewRequest,
    verb: string,
    into?: Uint8Array,
  ): Promise<readonly DiskExtent[]> {
    if (this.#failure) throw this.#failure;
    const { command, offset = 0, payload, length = payload?.length } = request;
    const range = command === COMMAND.FLUSH ? "" : ` ${length} bytes at ${offset}`;
    const cookie = this.#nextCookie++;
    const pending = new PendingRequest(`${verb}${range}`, BigInt(offset), into);
    this.#pending.set(cookie, pending);
    const stopTimer = this.#startTimer(pending.description);
    this.#outbox.add(requestHead(request, cookie));
    if (payload) this.#outbox.add(payload);
    try {
      return await pending.done;
    } finally {
      stopTimer();
    }
  }

  /** Let requests in flight end, tell the server that there are no more, and close the connection. */
  async end(): Promise<void> {
    await Promise.allSettled([...this.#pending.values()].map(({ done }) => done));
    if (!this.#failure) {
      this.#outbox.add(requestHead({ command: COMMAND.DISC }, 0n));
      await this.#outbox.drained().catch(() => {});
    }
    this.fail(new NbdDisconnectedError("The client has closed the NBD connection"));
    await this.#receiving;
  }

  /** End the connection, for the first reason given. Returns that reason. */
  fail(reason: Error): Error {
    if (this.#failure) return this.#failure;
    this.#failure = reason;
    for (const request of this.#pending.values()) request.fail(reason);
    this.#pending.clear();
    this.#stream.close();
    return reason;
  }

  /** Take replies apart until the connection ends. Never throws. */
  async #receive({ isStructured, allocationId }: ServedExport): Promise<void> {
    const context: ReplyContext = {
      isStructured,
      allocationId,
      pending: (cookie) => {
        const request = this.#pending.get(cookie);
        if (!request) throw new ProtocolError(`a reply to ${cookie}, which is not in flight`);
        return request;
      },
    };
    try {
      for (;;) {
        const { cookie, isLast } = await readReply(this.#reader, context);
        if (isLast) this.#pending.delete(cookie);
      }
    } catch (error) {
      this.fail(endOf(error));
    }
  }

  /** Give up if `action` takes too long. Returns a function that stops the timer. */
  #startTimer(action: string): () => void {
    const { timeoutMs, startTimer } = this.#timeout;
    return startTimer(() => {
      this.fail(new NbdTimeoutError(`Cannot ${action}: no answer in ${timeoutMs} ms`));
    }, timeoutMs);
  }
}

/** Why a connection has ended, in the words for users of a client. */
function endOf(error: unknown): Error {
  const isOurs = error instanceof Error && !(error instanceof StreamEndError) &&
    !Object.values(Deno.errors).some((kind) => error instanceof kind);
  if (isOurs) return error;
  return new NbdDisconnectedError("The server has closed the NBD connection", { cause: error });
}

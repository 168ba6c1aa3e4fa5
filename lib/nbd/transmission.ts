/**
 * The requests of one client and their replies. NBD protocol, section "Transmission phase".
 *
 * Requests start when they arrive, without waiting for earlier ones, and are answered when they
 * end. Their memory is limited: while a client exceeds the limit, or does not read its replies,
 * nothing more is read from it.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { describeError } from "../storage/host_error.ts";
import { blockStatus } from "./block_status.ts";
import { type ByteReader, StreamEndError } from "./byte_reader.ts";
import type { Agreement } from "./negotiation.ts";
import type { Outbox } from "./outbox.ts";
import { COMMAND, COMMAND_FLAG, NBD_ERROR, REQUEST_BYTES } from "./protocol.ts";
import { errorChunk, ReadReply, simpleReply, statusReply } from "./reply.ts";
import { checkRequest, isChange, type NbdRequest, readRequest } from "./request.ts";
import { nbdErrorValue, RequestError } from "./request_error.ts";
import type { ServedDisk } from "./served_disk.ts";

/** Maximum number of requests of a client in flight, and maximum memory for them. */
const MAX_IN_FLIGHT = 256;
const MAX_IN_FLIGHT_BYTES = 32 * 2 ** 20;
/** The memory overhead of a request. */
const REQUEST_COST_BYTES = 256;
/** The zeroes of one write, if the client wants no hole. */
const ZEROES = new Uint8Array(2 ** 20);

/** The parts of a {@linkcode Transmission}. */
export interface TransmissionParts {
  readonly reader: ByteReader;
  readonly outbox: Outbox;
  readonly disk: ServedDisk;
  readonly agreement: Agreement;
}

/** Performs the requests of one client. */
export class Transmission {
  readonly #reader: ByteReader;
  readonly #outbox: Outbox;
  readonly #disk: ServedDisk;
  readonly #agreement: Agreement;
  #inFlight = 0;
  #inFlightBytes = 0;
  #isStopping = false;
  /** Called when a request has ended or a reply was sent. */
  #wakeUp: (() => void)[] = [];

  /** A transmission that starts with {@linkcode Transmission.run}. */
  constructor({ reader, outbox, disk, agreement }: TransmissionParts) {
    this.#reader = reader;
    this.#outbox = outbox;
    this.#disk = disk;
    this.#agreement = agreement;
  }

  /**
   * Take requests until the client disconnects or {@linkcode Transmission.stop} is called; requests
   * in flight continue. Throws `ProtocolError` for data that cannot be parsed.
   */
  async run(): Promise<void> {
    while (!this.#isStopping && !this.#outbox.isBroken) {
      if (this.#reader.available < REQUEST_BYTES) await this.#reader.need(REQUEST_BYTES);
      const request = readRequest(this.#reader.view, this.#reader.pass(REQUEST_BYTES));
      if (request.command === COMMAND.DISC) return;
      const refusal = this.#checkRequest(request);
      const payloadBytes = request.command === COMMAND.WRITE ? request.length : 0;
      if (refusal) {
        await this.#reader.skip(payloadBytes);
        while (!this.#hasRoom(REQUEST_COST_BYTES)) await this.#change();
        this.#send(this.#failed(request, refusal));
        continue;
      }
      const costBytes = REQUEST_COST_BYTES + dataBytes(request);
      while (!this.#hasRoom(costBytes)) await this.#change();
      const payload = payloadBytes === 0
        ? undefined
        : this.#reader.copyAtOnce(payloadBytes) ?? await this.#reader.copy(payloadBytes);
      if (!this.#isStopping) this.#start(request, costBytes, payload);
    }
  }

  /** Take no more requests. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Wait until no request is in flight. */
  async idle(): Promise<void> {
    while (this.#inFlight > 0) await new Promise<void>((resolve) => this.#wakeUp.push(resolve));
  }

  /** Note that data was sent to the client, or cannot be sent any more. */
  progressed(): void {
    for (const go of this.#wakeUp.splice(0)) go();
  }

  #checkRequest(request: NbdRequest): RequestError | undefined {
    try {
      checkRequest(request, this.#disk, this.#agreement);
      return undefined;
    } catch (error) {
      if (error instanceof RequestError) return error;
      throw error;
    }
  }

  #hasRoom(costBytes: number): boolean {
    const usedBytes = this.#inFlightBytes + this.#outbox.heldBytes;
    if (usedBytes === 0) return true; // a single request always fits
    return this.#inFlight < MAX_IN_FLIGHT && usedBytes + costBytes <= MAX_IN_FLIGHT_BYTES;
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#wakeUp.push(resolve));
    if (this.#outbox.isBroken) throw new StreamEndError("the client reads no more replies");
  }

  #start(request: NbdRequest, costBytes: number, payload: Uint8Array | undefined): void {
    this.#inFlight++;
    this.#inFlightBytes += costBytes;
    const end = (reply: readonly Uint8Array[]) => {
      this.#inFlight--;
      this.#inFlightBytes -= costBytes;
      this.#send(reply);
      if (this.#wakeUp.length > 0) this.progressed();
    };
    this.#perform(request, payload).then(
      end,
      (error) => end(this.#failed(request, error)),
    );
  }

  #send(reply: readonly Uint8Array[]): void {
    for (const piece of reply) this.#outbox.add(piece);
  }

  /** Perform a valid request. Returns the reply in pieces. */
  async #perform(request: NbdRequest, payload: Uint8Array | undefined): Promise<Uint8Array[]> {
    const { command, offset, length, flags } = request;
    switch (command) {
      case COMMAND.READ: {
        const reply = new ReadReply(request, this.#agreement.isStructured);
        await this.#disk.read(offset, reply.data);
        return reply.finish((flags & COMMAND_FLAG.DF) !== 0);
      }
      case COMMAND.WRITE:
        await this.#disk.write(offset, payload!);
        break;
      case COMMAND.TRIM:
        await this.#disk.trim(offset, length);
        break;
      case COMMAND.WRITE_ZEROES:
        await this.#writeZeroes(request);
        break;
      case COMMAND.BLOCK_STATUS:
        return [statusReply(request, await blockStatus(request, this.#disk))];
      case COMMAND.FLUSH:
        await this.#disk.flush();
        break;
    }
    if (isChange(command) && (flags & COMMAND_FLAG.FUA) !== 0) await this.#disk.flush();
    return [simpleReply(request)];
  }

  /**
   * Write zeroes. NO_HOLE: the range must take space afterwards, so zeroes are written as data.
   * FAST_ZERO: fail unless it is certainly faster than that.
   */
  async #writeZeroes({ offset, length, flags }: NbdRequest): Promise<void> {
    const keepsSpace = (flags & COMMAND_FLAG.NO_HOLE) !== 0;
    if (
      (flags & COMMAND_FLAG.FAST_ZERO) !== 0 &&
      (keepsSpace || !this.#disk.zeroesFast(offset, length))
    ) {
      throw new RequestError(NBD_ERROR.ENOTSUP, "zeroes would not be faster than a write");
    }
    if (!keepsSpace) {
      await this.#disk.writeZeroes(offset, length);
      return;
    }
    for (let done = 0; done < length; done += ZEROES.length) {
      const at = typeof offset === "bigint" ? offset + BigInt(done) : offset + done;
      await this.#disk.write(at, ZEROES.subarray(0, Math.min(ZEROES.length, length - done)));
      // Writes may complete in memory at once, so let other requests run in between.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #failed(request: NbdRequest, error: unknown): Uint8Array[] {
    const value = nbdErrorValue(error);
    return [
      this.#agreement.isStructured
        ? errorChunk(request, value, describeError(error))
        : simpleReply(request, value),
    ];
  }
}

/** The memory of a request's data. */
function dataBytes({ command, length }: NbdRequest): number {
  return command === COMMAND.READ || command === COMMAND.WRITE ? length : 0;
}

/**
 * Fixed newstyle negotiation, before the first request. NBD protocol, section "Fixed newstyle
 * negotiation".
 *
 * Each option is answered before the next one is read. An unknown or unsupported option (TLS) is
 * refused, and so is one with invalid data. The client is disconnected only if the rest could not
 * be parsed.
 *
 * @module
 */
import type { ByteReader } from "./byte_reader.ts";
import { OptionData, OptionDataError } from "./option_data.ts";
import type { Outbox } from "./outbox.ts";
import {
  ALLOCATION_CONTEXT,
  EXPORT_FLAG,
  HANDSHAKE_FLAG,
  INFO,
  MAGIC,
  MAX_PAYLOAD_BYTES,
  OPTION,
  REPLY,
} from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { NbdExport } from "./served_disk.ts";

/** Maximum size of the data of an option, and of data that is skipped. */
const MAX_OPTION_BYTES = 2 ** 14;
const MAX_SKIPPED_BYTES = 2 ** 20;
/** Maximum number of options: more than any client needs. */
const MAX_OPTIONS = 256;
const OPTION_HEAD_BYTES = 16;
/** Padding after the reply to EXPORT_NAME, for clients without NO_ZEROES. */
const OLD_PADDING_BYTES = 124;
/** The id of the allocation context. */
export const ALLOCATION_CONTEXT_ID = 1;

const ENCODER = new TextEncoder();

/** The result of a negotiation. */
export interface Agreement {
  /** Whether the client takes structured replies. */
  readonly isStructured: boolean;
  /** Whether the client may query the allocation context. */
  readonly hasAllocation: boolean;
}

/** The phase after an option: the next option, requests, or the end of the connection. */
type OptionOutcome = "next" | "requests" | "end";

/** The negotiation with one client. */
export class Negotiation {
  readonly #reader: ByteReader;
  readonly #outbox: Outbox;
  readonly #served: NbdExport;
  #skipsPadding = false;
  #isFixed = false;
  #isStructured = false;
  #hasAllocation = false;

  /** Offer `served` as the only export. */
  constructor(reader: ByteReader, outbox: Outbox, served: NbdExport) {
    this.#reader = reader;
    this.#outbox = outbox;
    this.#served = served;
  }

  /**
   * Negotiate until the client may send requests; undefined if it aborts. Throws
   * {@linkcode ProtocolError} for data that cannot be parsed, `StreamEndError` if the client
   * disconnects.
   */
  async run(): Promise<Agreement | undefined> {
    this.#greet();
    await this.#reader.need(4);
    const clientFlags = this.#reader.take(4).getUint32(0);
    if ((clientFlags & ~(HANDSHAKE_FLAG.FIXED_NEWSTYLE | HANDSHAKE_FLAG.NO_ZEROES)) !== 0) {
      throw new ProtocolError(`unknown client flags 0x${(clientFlags >>> 0).toString(16)}`);
    }
    this.#isFixed = (clientFlags & HANDSHAKE_FLAG.FIXED_NEWSTYLE) !== 0;
    this.#skipsPadding = (clientFlags & HANDSHAKE_FLAG.NO_ZEROES) !== 0;
    for (let count = 0; count < MAX_OPTIONS; count++) {
      const outcome = await this.#nextOption();
      // A client that does not read its replies gets no more of them.
      await this.#outbox.drained();
      if (outcome === "end") return undefined;
      if (outcome === "next") continue;
      return { isStructured: this.#isStructured, hasAllocation: this.#hasAllocation };
    }
    throw new ProtocolError(`more than ${MAX_OPTIONS} options`);
  }

  #greet(): void {
    const greeting = new DataView(new ArrayBuffer(18));
    greeting.setBigUint64(0, MAGIC.GREETING);
    greeting.setBigUint64(8, MAGIC.OPTION);
    greeting.setUint16(16, HANDSHAKE_FLAG.FIXED_NEWSTYLE | HANDSHAKE_FLAG.NO_ZEROES);
    this.#send(greeting);
  }

  async #nextOption(): Promise<OptionOutcome> {
    await this.#reader.need(OPTION_HEAD_BYTES);
    const head = this.#reader.take(OPTION_HEAD_BYTES);
    const magic = head.getBigUint64(0);
    const option = head.getUint32(8);
    const length = head.getUint32(12);
    if (magic !== MAGIC.OPTION) throw new ProtocolError(`option magic 0x${magic.toString(16)}`);
    if (option !== OPTION.EXPORT_NAME && !this.#isFixed) {
      throw new ProtocolError(`option ${option} without fixed newstyle`);
    }
    if (length > MAX_OPTION_BYTES) return await this.#skipOption(option, length);
    const data = await this.#reader.copy(length);
    try {
      return this.#answer(option, new OptionData(data));
    } catch (error) {
      if (!(error instanceof OptionDataError)) throw error;
      if (option === OPTION.EXPORT_NAME) throw new ProtocolError(error.message);
      return this.#refuse(option, REPLY.ERR_INVALID, error.message);
    }
  }

  async #skipOption(option: number, length: number): Promise<OptionOutcome> {
    if (length > MAX_SKIPPED_BYTES || option === OPTION.EXPORT_NAME) {
      throw new ProtocolError(`option ${option} of ${length} bytes`);
    }
    await this.#reader.skip(length);
    return this.#refuse(option, REPLY.ERR_TOO_BIG, `at most ${MAX_OPTION_BYTES} bytes`);
  }

  #answer(option: number, data: OptionData): OptionOutcome {
    switch (option) {
      case OPTION.EXPORT_NAME:
        return this.#exportName(data);
      case OPTION.ABORT:
        this.#reply(option, REPLY.ACK);
        return "end";
      case OPTION.LIST:
        return this.#list(data);
      case OPTION.INFO:
      case OPTION.GO:
        return this.#infoOrGo(option, data);
      case OPTION.STRUCTURED_REPLY:
        data.end();
        this.#isStructured = true;
        return this.#acknowledge(option);
      case OPTION.LIST_META_CONTEXT:
      case OPTION.SET_META_CONTEXT:
        return this.#metaContext(option, data);
      case OPTION.STARTTLS:
        return this.#refuse(option, REPLY.ERR_UNSUP, "TLS is not supported");
      default:
        return this.#refuse(option, REPLY.ERR_UNSUP, `option ${option} is not supported`);
    }
  }

  #exportName(data: OptionData): OptionOutcome {
    const name = data.rest();
    // The protocol has no error reply here.
    if (!this.#isServed(name)) throw new ProtocolError(`no export is called '${name}'`);
    const answer = new DataView(new ArrayBuffer(10 + (this.#skipsPadding ? 0 : OLD_PADDING_BYTES)));
    answer.setBigUint64(0, this.#served.disk.sizeBytes);
    answer.setUint16(8, this.#exportFlags());
    this.#send(answer);
    return "requests";
  }

  #list(data: OptionData): OptionOutcome {
    data.end();
    const name = ENCODER.encode(this.#served.name);
    const entry = new DataView(new ArrayBuffer(4 + name.length));
    entry.setUint32(0, name.length);
    new Uint8Array(entry.buffer).set(name, 4);
    this.#reply(OPTION.LIST, REPLY.SERVER, entry);
    return this.#acknowledge(OPTION.LIST);
  }

  #infoOrGo(option: number, data: OptionData): OptionOutcome {
    const name = data.text();
    const asked = new Set(Array.from({ length: data.uint16() }, () => data.uint16()));
    data.end();
    if (!this.#isServed(name)) {
      return this.#refuse(option, REPLY.ERR_UNKNOWN, `no export is called '${name}'`);
    }
    const { disk, description } = this.#served;
    const general = new DataView(new ArrayBuffer(12));
    general.setUint16(0, INFO.EXPORT);
    general.setBigUint64(2, disk.sizeBytes);
    general.setUint16(10, this.#exportFlags());
    this.#reply(option, REPLY.INFO, general);
    if (asked.has(INFO.NAME)) this.#informText(option, INFO.NAME, this.#served.name);
    if (asked.has(INFO.DESCRIPTION)) this.#informText(option, INFO.DESCRIPTION, description);
    const sizes = new DataView(new ArrayBuffer(14));
    sizes.setUint16(0, INFO.BLOCK_SIZE);
    [1, disk.preferredBytes, MAX_PAYLOAD_BYTES].forEach((size, i) => {
      sizes.setUint32(2 + 4 * i, size);
    });
    this.#reply(option, REPLY.INFO, sizes);
    this.#acknowledge(option);
    return option === OPTION.GO ? "requests" : "next";
  }

  #informText(option: number, kind: number, text: string): void {
    const bytes = ENCODER.encode(text);
    const info = new DataView(new ArrayBuffer(2 + bytes.length));
    info.setUint16(0, kind);
    new Uint8Array(info.buffer).set(bytes, 2);
    this.#reply(option, REPLY.INFO, info);
  }

  #metaContext(option: number, data: OptionData): OptionOutcome {
    const isSetting = option === OPTION.SET_META_CONTEXT;
    // A context that was set before is unset, even if this option fails.
    if (isSetting) this.#hasAllocation = false;
    if (!this.#isStructured) throw new OptionDataError("structured replies come first");
    const name = data.text();
    const queries = Array.from({ length: this.#queryCount(data) }, () => data.text());
    data.end();
    if (!this.#isServed(name)) {
      return this.#refuse(option, REPLY.ERR_UNKNOWN, `no export is called '${name}'`);
    }
    const listsAll = !isSetting && (queries.length === 0 || queries.includes("base:"));
    if (listsAll || queries.includes(ALLOCATION_CONTEXT)) {
      const text = ENCODER.encode(ALLOCATION_CONTEXT);
      const context = new DataView(new ArrayBuffer(4 + text.length));
      if (isSetting) context.setUint32(0, ALLOCATION_CONTEXT_ID);
      new Uint8Array(context.buffer).set(text, 4);
      this.#reply(option, REPLY.META_CONTEXT, context);
      if (isSetting) this.#hasAllocation = true;
    }
    return this.#acknowledge(option);
  }

  /** The number of queries that follow, which is limited by the size of the data. */
  #queryCount(data: OptionData): number {
    const count = data.uint32();
    if (count > MAX_OPTION_BYTES / 4) throw new OptionDataError(`${count} queries`);
    return count;
  }

  #isServed(name: string): boolean {
    return name === "" || name === this.#served.name;
  }

  #exportFlags(): number {
    const { isWritable, canTrim, canForceWrites } = this.#served.disk;
    const { HAS_FLAGS, SEND_FLUSH, CAN_MULTI_CONN, READ_ONLY, SEND_WRITE_ZEROES } = EXPORT_FLAG;
    return HAS_FLAGS | SEND_FLUSH | CAN_MULTI_CONN |
      (this.#isStructured ? EXPORT_FLAG.SEND_DF : 0) |
      (isWritable ? SEND_WRITE_ZEROES | EXPORT_FLAG.SEND_FAST_ZERO : READ_ONLY) |
      (isWritable && canTrim ? EXPORT_FLAG.SEND_TRIM : 0) |
      (isWritable && canForceWrites ? EXPORT_FLAG.SEND_FUA : 0);
  }

  #acknowledge(option: number): "next" {
    this.#reply(option, REPLY.ACK);
    return "next";
  }

  #refuse(option: number, reply: number, reason: string): "next" {
    const text = ENCODER.encode(reason);
    this.#reply(option, reply, new DataView(text.buffer, text.byteOffset, text.length));
    return "next";
  }

  #reply(option: number, type: number, data?: DataView): void {
    const length = data?.byteLength ?? 0;
    const head = new DataView(new ArrayBuffer(20));
    head.setBigUint64(0, MAGIC.OPTION_REPLY);
    head.setUint32(8, option);
    head.setUint32(12, type);
    head.setUint32(16, length);
    this.#send(head);
    if (data) this.#send(data);
  }

  #send(message: DataView): void {
    this.#outbox.add(new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
  }
}

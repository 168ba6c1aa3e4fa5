import type { ByteReader } from "./byte_reader.ts";
import { NbdConnectError } from "./client_error.ts";
import { contextQuery, goData, optionMessage, uint32s } from "./client_messages.ts";
import type { Outbox } from "./outbox.ts";
import {
  ALLOCATION_CONTEXT,
  HANDSHAKE_FLAG,
  INFO,
  MAGIC,
  MAX_TEXT_BYTES,
  OPTION,
  REPLY,
} from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";

const GREETING_BYTES = 18;
const OPTION_REPLY_HEAD_BYTES = 20;
const EXPORT_INFO_BYTES = 12;
/** No reply to an option that is used here is longer than a text and its head. */
const MAX_REPLY_BYTES = MAX_TEXT_BYTES + 64;
/** No option that is used here has as many replies. */
const MAX_REPLIES = 64;
/** Replies from here on are errors. NBD protocol, section "Option reply types". */
const FIRST_ERROR = 2 ** 31;

/** The result of a negotiation. */
export interface ServedExport {
  /** The size of the disk in bytes. */
  readonly sizeBytes: bigint;
  /** The operations that the export supports: bits of `EXPORT_FLAG`. */
  readonly flags: number;
  /** Whether the server sends structured replies. */
  readonly isStructured: boolean;
  /** The number that the allocation context goes by; undefined if the server has none. */
  readonly allocationId: number | undefined;
}

/** The export and options that a client asks for. */
export interface WantedExport {
  /** The name of the export; "" is the server's default export. */
  readonly name: string;
  /** Whether to ask for structured replies. */
  readonly isStructured: boolean;
}

/** One answer to an option. */
interface OptionReply {
  readonly type: number;
  readonly data: DataView;
}

/**
 * A client's side of fixed newstyle negotiation. NBD protocol, section "Fixed newstyle negotiation".
 * Servers that do not know the option GO are refused.
 */
export class ClientNegotiation {
  readonly #reader: ByteReader;
  readonly #outbox: Outbox;
  readonly #wanted: WantedExport;

  /** Ask for `wanted`. */
  constructor(reader: ByteReader, outbox: Outbox, wanted: WantedExport) {
    this.#reader = reader;
    this.#outbox = outbox;
    this.#wanted = wanted;
  }

  /**
   * Negotiate until requests may be sent. Throws {@linkcode NbdConnectError} if the server refuses,
   * {@linkcode ProtocolError} if it breaks the protocol, `StreamEndError` if it goes away.
   */
  async run(): Promise<ServedExport> {
    await this.#greet();
    const isStructured = this.#wanted.isStructured && await this.#agreesTo(OPTION.STRUCTURED_REPLY);
    const allocationId = isStructured ? await this.#allocationId() : undefined;
    const { sizeBytes, flags } = await this.#go();
    return { sizeBytes, flags, isStructured, allocationId };
  }

  async #greet(): Promise<void> {
    await this.#reader.need(GREETING_BYTES);
    const greeting = this.#reader.take(GREETING_BYTES);
    if (greeting.getBigUint64(0) !== MAGIC.GREETING) {
      throw new ProtocolError("the server's greeting is not one of NBD");
    }
    const flags = greeting.getUint16(16);
    const isFixed = (flags & HANDSHAKE_FLAG.FIXED_NEWSTYLE) !== 0;
    if (greeting.getBigUint64(8) !== MAGIC.OPTION || !isFixed) {
      throw this.#refusal("the server does not speak the fixed newstyle protocol");
    }
    this.#outbox.add(uint32s(HANDSHAKE_FLAG.FIXED_NEWSTYLE | (flags & HANDSHAKE_FLAG.NO_ZEROES)));
  }

  /** Whether the server acknowledges an option that has no data. */
  async #agreesTo(option: number): Promise<boolean> {
    const replies = await this.#ask(option);
    return replies.at(-1)!.type === REPLY.ACK;
  }

  /** The number of the allocation context; undefined if the server has none. */
  async #allocationId(): Promise<number | undefined> {
    const data = contextQuery(this.#wanted.name, ALLOCATION_CONTEXT);
    const replies = await this.#ask(OPTION.SET_META_CONTEXT, data);
    if (replies.at(-1)!.type !== REPLY.ACK) return undefined;
    const context = replies.find(({ type }) => type === REPLY.META_CONTEXT);
    if (context && context.data.byteLength < 4) throw new ProtocolError("a context without number");
    return context?.data.getUint32(0);
  }

  async #go(): Promise<Pick<ServedExport, "sizeBytes" | "flags">> {
    const replies = await this.#ask(OPTION.GO, goData(this.#wanted.name));
    const last = replies.at(-1)!;
    if (last.type !== REPLY.ACK) throw this.#refusal(refusalText(last));
    const info = replies.find(({ type, data }) =>
      type === REPLY.INFO && data.byteLength >= 2 && data.getUint16(0) === INFO.EXPORT
    );
    if (info?.data.byteLength !== EXPORT_INFO_BYTES) {
      throw new ProtocolError("the server does not say how large the disk is");
    }
    return { sizeBytes: info.data.getBigUint64(2), flags: info.data.getUint16(10) };
  }

  /** Send an option. Resolves to its replies; the last one acknowledges or refuses it. */
  async #ask(option: number, data?: Uint8Array): Promise<OptionReply[]> {
    this.#outbox.add(optionMessage(option, data));
    const replies: OptionReply[] = [];
    while (replies.length < MAX_REPLIES) {
      const reply = await this.#reply(option);
      replies.push(reply);
      if (reply.type === REPLY.ACK || reply.type >= FIRST_ERROR) return replies;
    }
    throw new ProtocolError(`more than ${MAX_REPLIES} replies to option ${option}`);
  }

  async #reply(option: number): Promise<OptionReply> {
    await this.#reader.need(OPTION_REPLY_HEAD_BYTES);
    const head = this.#reader.take(OPTION_REPLY_HEAD_BYTES);
    const [magic, answered] = [head.getBigUint64(0), head.getUint32(8)];
    const [type, length] = [head.getUint32(12), head.getUint32(16)];
    if (magic !== MAGIC.OPTION_REPLY) {
      throw new ProtocolError("an option's reply without its magic");
    }
    if (answered !== option) {
      throw new ProtocolError(`a reply to option ${answered} where ${option} was asked`);
    }
    if (length > MAX_REPLY_BYTES) throw new ProtocolError(`an option's reply of ${length} bytes`);
    const bytes = await this.#reader.copy(length);
    return { type, data: new DataView(bytes.buffer) };
  }

  #refusal(reason: string): NbdConnectError {
    return new NbdConnectError(`Cannot use the NBD export '${this.#wanted.name}': ${reason}`);
  }
}

/** The server's reason, if it has one. */
function refusalText({ type, data }: OptionReply): string {
  const said = new TextDecoder().decode(new Uint8Array(data.buffer)).trim();
  if (said !== "") return said;
  if (type === REPLY.ERR_UNKNOWN) return "the server has no such export";
  return `the server refuses it with reply 0x${type.toString(16)}`;
}

import { assertEquals } from "@std/assert";
import type { StartTimer } from "../storage/idle_timer.ts";
import { ByteReader } from "./byte_reader.ts";
import type { ByteStream } from "./byte_stream.ts";
import {
  contextQuery,
  goData,
  join,
  type NewRequest,
  optionMessage,
  requestHead,
  uint32s,
} from "./client_messages.ts";
import { Connection } from "./connection.ts";
import { connectedPair } from "./pipe_testing.ts";
import { CHUNK_DONE, MAGIC, OPTION, REPLY } from "./protocol.ts";
import type { NbdExport, ServedDisk } from "./served_disk.ts";

/** A reply to an option. */
export interface OptionReply {
  readonly type: number;
  readonly data: Uint8Array;
}

/** A simple reply, or a chunk of a structured one. */
export interface Reply {
  readonly kind: "simple" | "chunk";
  /** The error of a simple reply, or the type of a chunk. */
  readonly value: number;
  readonly cookie: bigint;
  readonly data: Uint8Array;
  readonly isLast: boolean;
}

/** A timer that never fires. */
export const noTimer: StartTimer = () => () => {};

/** A client that sends exact bytes, and parses replies. */
export class TestClient {
  readonly stream: ByteStream;
  /** Settles when the server has closed the connection, with the error of the client. */
  readonly ended: Promise<string | undefined>;
  readonly connection: Connection;
  readonly #reader: ByteReader;
  #nextCookie = 1n;

  /** Connect to a server for `disk`. */
  constructor(
    disk: ServedDisk,
    options: { readonly name?: string; readonly startTimer?: StartTimer } = {},
  ) {
    const [client, server] = connectedPair();
    const served: NbdExport = { name: options.name ?? "disk", description: "a disk", disk };
    this.stream = client;
    this.#reader = new ByteReader(client);
    this.connection = new Connection(server, served, options.startTimer ?? noTimer);
    this.ended = this.connection.run();
  }

  /** Send bytes unchanged. */
  async send(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.stream.write(bytes.subarray(done));
  }

  /** The next bytes from the server. */
  async take(length: number): Promise<DataView> {
    const bytes = await this.#reader.copy(length);
    return new DataView(bytes.buffer);
  }

  /** Read the greeting and reply to it. */
  async greet(clientFlags = 3): Promise<void> {
    const greeting = await this.take(18);
    assertEquals(greeting.getBigUint64(0), MAGIC.GREETING);
    assertEquals(greeting.getBigUint64(8), MAGIC.OPTION);
    assertEquals(greeting.getUint16(16), 3);
    await this.send(uint32s(clientFlags));
  }

  /** Send an option. */
  async sendOption(
    option: number,
    data?: Uint8Array,
    length?: number,
  ): Promise<void> {
    await this.send(optionMessage(option, data, length));
  }

  /** Send an option and read all replies to it. */
  async option(option: number, data?: Uint8Array): Promise<OptionReply[]> {
    await this.sendOption(option, data);
    const replies: OptionReply[] = [];
    for (;;) {
      const head = await this.take(20);
      assertEquals(head.getBigUint64(0), MAGIC.OPTION_REPLY);
      assertEquals(head.getUint32(8), option);
      const type = head.getUint32(12);
      replies.push({ type, data: await this.#reader.copy(head.getUint32(16)) });
      if (type === REPLY.ACK || type >= 2 ** 31) return replies;
    }
  }

  /** Negotiate up to the first request. */
  async start(how: "simple" | "structured" = "structured"): Promise<void> {
    await this.greet();
    if (how === "structured") {
      await this.option(OPTION.STRUCTURED_REPLY);
      await this.option(OPTION.SET_META_CONTEXT, contextQuery("", "base:allocation"));
    }
    const replies = await this.option(OPTION.GO, goData(""));
    assertEquals(replies.at(-1)?.type, REPLY.ACK);
  }

  /** Send a request. Returns its cookie. */
  async sendRequest(request: NewRequest): Promise<bigint> {
    const cookie = this.#nextCookie++;
    await this.send(join(requestHead(request, cookie), request.payload ?? new Uint8Array(0)));
    return cookie;
  }

  /** Read a chunk, or a simple reply with `dataBytes` bytes of data unless it is an error. */
  async reply(dataBytes = 0): Promise<Reply> {
    const magic = (await this.take(4)).getUint32(0);
    if (magic === MAGIC.SIMPLE_REPLY) {
      const head = await this.take(12);
      const value = head.getUint32(0);
      const data = await this.#reader.copy(value === 0 ? dataBytes : 0);
      return { kind: "simple", value, cookie: head.getBigUint64(4), data, isLast: true };
    }
    assertEquals(magic, MAGIC.STRUCTURED_REPLY);
    const head = await this.take(16);
    return {
      kind: "chunk",
      isLast: (head.getUint16(0) & CHUNK_DONE) !== 0,
      value: head.getUint16(2),
      cookie: head.getBigUint64(4),
      data: await this.#reader.copy(head.getUint32(12)),
    };
  }

  /** Send a request and read its reply, which must be a single message. */
  async ask(request: NewRequest, dataBytes = 0): Promise<Reply> {
    const cookie = await this.sendRequest(request);
    const reply = await this.reply(dataBytes);
    assertEquals([reply.cookie, reply.isLast], [cookie, true]);
    return reply;
  }
}

/** The value and the text of an error chunk. */
export function errorOf({ data }: Reply): [number, string] {
  const view = new DataView(data.buffer, data.byteOffset);
  return [view.getUint32(0), new TextDecoder().decode(data.subarray(6))];
}

/** Servers that break the protocol: the client must say so, and not hang, crash, or fill the memory. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { ByteReader } from "./byte_reader.ts";
import type { ByteStream } from "./byte_stream.ts";
import { NbdClient } from "./client.ts";
import { NbdConnectError, NbdDisconnectedError, NbdRequestError } from "./client_error.ts";
import { join, uint32s } from "./client_messages.ts";
import { noTimer } from "./client_testing.ts";
import { connectedPair } from "./pipe_testing.ts";
import { CHUNK, CHUNK_DONE, COMMAND_FLAG, INFO, MAGIC, OPTION, REPLY } from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";

const DISK_BYTES = 2n ** 20n;
const CONTEXT_ID = 7;
const RUNS = 300;
const { ACK, ERR_UNSUP, META_CONTEXT } = REPLY;

const NOTHING = new Uint8Array(0);

/** Fields one after the other: numbers of 32 bits, wider ones as bigint, bytes. */
function message(...fields: readonly (number | bigint | Uint8Array)[]): Uint8Array {
  return join(...fields.map((field) => {
    if (field instanceof Uint8Array) return field;
    if (typeof field === "number") return uint32s(field);
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, field);
    return new Uint8Array(view.buffer);
  }));
}

const greeting = message(MAGIC.GREETING, MAGIC.OPTION, new Uint8Array([0, 3]));

function optionReply(option: number, type: number, data: Uint8Array = NOTHING): Uint8Array {
  return message(MAGIC.OPTION_REPLY, option, type, data.length, data);
}

/** The size and the flags of an export, one of 16 bits before and behind. */
const exportInfo = message(
  new Uint8Array([0, INFO.EXPORT]),
  DISK_BYTES,
  new Uint8Array([0, 0xff]),
);
const goReplies = message(
  optionReply(OPTION.GO, REPLY.INFO, exportInfo),
  optionReply(OPTION.GO, ACK),
);

/** All that a server says up to the first request. */
const negotiated = {
  simple: message(greeting, optionReply(OPTION.STRUCTURED_REPLY, ERR_UNSUP), goReplies),
  structured: message(
    greeting,
    optionReply(OPTION.STRUCTURED_REPLY, ACK),
    optionReply(OPTION.SET_META_CONTEXT, META_CONTEXT, message(CONTEXT_ID)),
    optionReply(OPTION.SET_META_CONTEXT, ACK),
    goReplies,
  ),
};

/** The client's first cookie. */
const COOKIE = 1n;

function simpleReply(error = 0, cookie = COOKIE, data: Uint8Array = NOTHING): Uint8Array {
  return message(MAGIC.SIMPLE_REPLY, error, cookie, data);
}

function chunk(kind: number, payload: Uint8Array = NOTHING, flags = CHUNK_DONE): Uint8Array {
  return chunkHead(kind, payload.length, flags, payload);
}

function chunkHead(kind: number, length: number, flags = CHUNK_DONE, ...rest: Uint8Array[]) {
  const head = message(MAGIC.STRUCTURED_REPLY, flags << 16 | kind, COOKIE, length);
  return join(head, ...rest);
}

/**
 * The client's end of a connection to a server that says `greetings`, then `replies` once the client has
 * sent all that it has to send, and nothing more.
 */
function server(greetings: Uint8Array, replies: Uint8Array = NOTHING): ByteStream {
  const [near, far] = connectedPair();
  void (async () => {
    await writeAll(far, greetings);
    await new Promise((resolve) => setTimeout(resolve));
    await writeAll(far, replies);
    far.close();
  })().catch(() => {});
  return near;
}

async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await stream.write(bytes.subarray(done));
}

async function clientOf(kind: keyof typeof negotiated, replies: Uint8Array): Promise<NbdClient> {
  return await NbdClient.over(server(negotiated[kind], replies), { startTimer: noTimer });
}

/** Read 16 bytes at 512. */
function read(client: NbdClient): Promise<void> {
  return client.read(512, new Uint8Array(16));
}

async function list(client: NbdClient): Promise<void> {
  await Array.fromAsync(client.extents(512, 16));
}

const data = (offset: bigint, length: number) => message(offset, new Uint8Array(length));
const part = (offset: bigint, length: number) => chunk(CHUNK.OFFSET_DATA, data(offset, length), 0);
const short = (value: number) => new Uint8Array([value >> 8, value & 0xff]);

/** What a server answers, and what is wrong with it. */
const BREACHES: readonly [
  what: string,
  kind: keyof typeof negotiated,
  request: (client: NbdClient) => Promise<void>,
  replies: Uint8Array,
  message: string,
][] = [
  ["no reply at all", "simple", read, message(0x12345678, 0, 0n), "reply magic 0x12345678"],
  ["a chunk", "simple", read, chunk(CHUNK.NONE), "reply magic"],
  ["another cookie", "simple", read, simpleReply(0, 9n), "a reply to 9, which is not in flight"],
  ["a simple reply", "structured", read, simpleReply(), "a simple reply to a read"],
  ["an unknown kind of chunk", "structured", read, chunk(99), "the unknown kind 99"],
  ["data before the range", "structured", read, part(511n, 1), "1 bytes at 511"],
  ["data behind the range", "structured", read, part(520n, 9), "9 bytes at 520"],
  ["data far away", "structured", read, part(2n ** 64n - 1n, 1), "which nobody asked for"],
  ["no data", "structured", read, chunk(CHUNK.OFFSET_DATA, data(512n, 0), 0), "with 8 bytes"],
  [
    "data twice",
    "structured",
    read,
    join(part(512n, 9), part(520n, 8)),
    "the bytes at 520 twice",
  ],
  [
    "a part of the data",
    "structured",
    read,
    join(part(512n, 9), chunk(CHUNK.NONE)),
    "'read 16 bytes at 512' with 9 of 16 bytes",
  ],
  [
    "more data than memory",
    "structured",
    read,
    chunkHead(CHUNK.OFFSET_DATA, 2 ** 32 - 1),
    "with 4294967295 bytes",
  ],
  [
    "a hole behind the range",
    "structured",
    read,
    chunk(CHUNK.OFFSET_HOLE, message(512n, 17)),
    "17 bytes at 512",
  ],
  ["a hole of no bytes", "structured", read, chunk(CHUNK.OFFSET_HOLE, message(512n, 0)), "0 bytes"],
  ["half a hole", "structured", read, chunk(CHUNK.OFFSET_HOLE, message(512n)), "with 8 bytes"],
  ["data for a flush", "structured", (client) => client.flush(), part(0n, 1), "nobody asked for"],
  ["nothing, and more", "structured", read, chunk(CHUNK.NONE, undefined, 0), "not the last"],
  ["nothing with bytes", "structured", read, chunk(CHUNK.NONE, short(1)), "with 2 bytes"],
  [
    "an error that is none",
    "structured",
    read,
    chunk(CHUNK.ERROR, message(0, short(0))),
    "an error that is none",
  ],
  ["half an error", "structured", read, chunk(CHUNK.ERROR, message(5)), "with 4 bytes"],
  [
    "an error with too short a text",
    "structured",
    read,
    chunk(CHUNK.ERROR, message(5, short(3), short(0))),
    "with 8 bytes",
  ],
  [
    "another context",
    "structured",
    list,
    chunk(CHUNK.BLOCK_STATUS, message(8, 512, 0)),
    "a context nobody asked for",
  ],
  ["no extent", "structured", list, chunk(CHUNK.BLOCK_STATUS, message(CONTEXT_ID)), "with 4 bytes"],
  [
    "an extent of no bytes",
    "structured",
    list,
    chunk(CHUNK.BLOCK_STATUS, message(CONTEXT_ID, 0, 0)),
    "an extent of no bytes",
  ],
  ["no extents, and no error", "structured", list, chunk(CHUNK.NONE), "no extents"],
];

for (const [what, kind, request, replies, expected] of BREACHES) {
  Deno.test(`a reply with ${what}, where replies are ${kind}, ends the connection`, async () => {
    const client = await clientOf(kind, replies);
    await assertRejects(() => request(client), ProtocolError, expected);
    await assertRejects(() => client.flush(), ProtocolError, expected);
    await client.end();
  });
}

Deno.test("errors that servers may send are errors of the request", async () => {
  const client = await clientOf(
    "structured",
    join(
      // An unknown kind of error, one at an offset, and data that came before it.
      chunk(0x8123, message(9999, short(2), new TextEncoder().encode("no"))),
    ),
  );
  const error = await assertRejects(() => read(client), NbdRequestError);
  assertEquals(error.message, "Cannot read 16 bytes at 512: error 9999 (no)");
  const late = await clientOf(
    "structured",
    join(
      part(512n, 3),
      chunk(CHUNK.ERROR_OFFSET, message(5, short(0), 515n), 0),
      chunk(CHUNK.NONE),
    ),
  );
  await assertRejects(() => read(late), NbdRequestError, "Input/output error");
  await client.end();
  await late.end();
});

Deno.test("a read may be answered in parts, in any order, with holes", async () => {
  const client = await clientOf(
    "structured",
    join(
      chunk(CHUNK.OFFSET_DATA, message(520n, new Uint8Array(8).fill(2)), 0),
      chunk(CHUNK.OFFSET_HOLE, message(512n, 8)),
    ),
  );
  const into = new Uint8Array(16).fill(9);
  await client.read(512, into);
  assertEquals([...into], [...Array(8).fill(0), ...Array(8).fill(2)]);
  await client.end();
});

type ErrorKind = new (message: string) => Error;

/** What a server says before requests, and what comes of it. */
const REFUSALS: readonly [
  what: string,
  bytes: Uint8Array,
  kind: ErrorKind,
  message: string,
][] = [
  ["something else", new Uint8Array(18).fill(65), ProtocolError, "not one of NBD"],
  [
    "the old greeting",
    message(MAGIC.GREETING, 0x420281861253n, new Uint8Array(2)),
    NbdConnectError,
    "fixed newstyle",
  ],
  [
    "a greeting without fixed newstyle",
    message(MAGIC.GREETING, MAGIC.OPTION, short(2)),
    NbdConnectError,
    "fixed newstyle",
  ],
  ["half a greeting", greeting.subarray(0, 9), NbdDisconnectedError, "closed"],
  ["no option's reply", message(greeting, 1n, 0, 0, 0), ProtocolError, "without its magic"],
  [
    "a reply to another option",
    message(greeting, optionReply(OPTION.LIST, ACK)),
    ProtocolError,
    `a reply to option ${OPTION.LIST} where ${OPTION.STRUCTURED_REPLY} was asked`,
  ],
  [
    "a reply larger than memory",
    message(greeting, MAGIC.OPTION_REPLY, OPTION.STRUCTURED_REPLY, ACK, 2 ** 32 - 1),
    ProtocolError,
    "an option's reply of 4294967295 bytes",
  ],
  [
    "replies without end",
    message(greeting, ...Array(100).fill(optionReply(OPTION.STRUCTURED_REPLY, REPLY.INFO))),
    ProtocolError,
    "more than 64 replies",
  ],
  [
    "no size",
    message(greeting, optionReply(OPTION.STRUCTURED_REPLY, ERR_UNSUP), optionReply(OPTION.GO, ACK)),
    ProtocolError,
    "does not say how large",
  ],
  [
    "a context without number",
    message(
      greeting,
      optionReply(OPTION.STRUCTURED_REPLY, ACK),
      optionReply(OPTION.SET_META_CONTEXT, META_CONTEXT),
      optionReply(OPTION.SET_META_CONTEXT, ACK),
    ),
    ProtocolError,
    "a context without number",
  ],
  [
    "that it has no such export",
    message(
      greeting,
      optionReply(OPTION.STRUCTURED_REPLY, ERR_UNSUP),
      optionReply(OPTION.GO, REPLY.ERR_UNKNOWN),
    ),
    NbdConnectError,
    "no such export",
  ],
];

for (const [what, bytes, kind, expected] of REFUSALS) {
  Deno.test(`a server that says ${what} is no server to use`, async () => {
    const connecting = NbdClient.over(server(bytes), { startTimer: noTimer });
    await assertRejects(() => connecting, kind, expected);
  });
}

Deno.test("the flags of requests are those that were meant", async () => {
  const [near, far] = connectedPair();
  await writeAll(far, negotiated.simple);
  const client = await NbdClient.over(near, { startTimer: noTimer });
  const requests = new ByteReader(far);
  // The client's flags and two options.
  await requests.skip(4 + 16 + 16 + 6);
  const flagsOf = async (request: Promise<void>) => {
    const head = new DataView((await requests.copy(28)).buffer);
    await far.write(simpleReply(0, head.getBigUint64(8)));
    await request;
    return head.getUint16(4);
  };
  const { FUA, NO_HOLE } = COMMAND_FLAG;
  assertEquals(await flagsOf(client.writeZeroes(0, 512)), 0);
  assertEquals(await flagsOf(client.writeZeroes(0, 512, { keepsSpace: true })), NO_HOLE);
  const forced = client.write(0, new Uint8Array(1), { isForced: true });
  assertEquals(await flagsOf(forced), FUA);
  await client.end();
});

/** A conversation with bytes changed, cut or put in. */
const damaged = fc.record({
  kind: fc.constantFrom("simple" as const, "structured" as const),
  at: fc.nat(250),
  bytes: fc.uint8Array({ maxLength: 40 }),
  isCut: fc.boolean(),
});

seededTest("damaged conversations end in an error that users of a client know", async (seed) => {
  await fc.assert(
    fc.asyncProperty(damaged, async ({ kind, at, bytes, isCut }) => {
      const read16 = chunk(CHUNK.OFFSET_DATA, data(512n, 16));
      const replies = kind === "simple" ? simpleReply(0, COOKIE, new Uint8Array(16)) : read16;
      const right = join(negotiated[kind], replies);
      const place = Math.min(at, right.length);
      const rest = right.subarray(Math.min(right.length, place + (isCut ? 0 : bytes.length)));
      const wrong = join(right.subarray(0, place), bytes, rest);
      const end = negotiated[kind].length;
      const stream = server(wrong.subarray(0, end), wrong.subarray(end));
      try {
        const client = await NbdClient.over(stream, { startTimer: noTimer });
        try {
          await read(client);
        } finally {
          await client.end();
        }
      } catch (error) {
        const known = [NbdConnectError, NbdDisconnectedError, NbdRequestError, ProtocolError];
        assert(known.some((kind) => error instanceof kind), `${error}`);
      }
    }),
    { seed, numRuns: RUNS },
  );
});

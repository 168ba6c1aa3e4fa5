import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StreamEndError } from "./byte_reader.ts";
import { contextQuery, goData, join, uint32s } from "./client_messages.ts";
import { TestClient } from "./client_testing.ts";
import { MemoryDisk } from "./memory_disk_testing.ts";
import { EXPORT_FLAG, INFO, OPTION, REPLY } from "./protocol.ts";

const MIB = 2 ** 20;
const { INFO: INFO_REPLY, ACK, META_CONTEXT, SERVER } = REPLY;

/** A client that has been greeted, and takes its leave in the end. */
async function withClient(
  body: (client: TestClient) => Promise<void>,
  disk = new MemoryDisk(MIB),
): Promise<void> {
  const client = new TestClient(disk);
  await client.greet();
  await body(client);
  client.stream.close();
  assertEquals(await client.ended, undefined);
}

const typesOf = (replies: readonly { readonly type: number }[]) => replies.map(({ type }) => type);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("GO tells size, flags, name, description and block sizes, and requests may follow", () =>
  withClient(async (client) => {
    const data = goData("disk", INFO.NAME, INFO.DESCRIPTION, INFO.BLOCK_SIZE, 77);
    const replies = await client.option(OPTION.GO, data);
    assertEquals(typesOf(replies), [INFO_REPLY, INFO_REPLY, INFO_REPLY, INFO_REPLY, ACK]);
    const [general, name, description, sizes] = replies.map((reply) => reply.data);
    const view = new DataView(general.buffer);
    assertEquals([view.getUint16(0), view.getBigUint64(2)], [INFO.EXPORT, BigInt(MIB)]);
    const { HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_WRITE_ZEROES } = EXPORT_FLAG;
    const { CAN_MULTI_CONN, SEND_FAST_ZERO } = EXPORT_FLAG;
    assertEquals(
      view.getUint16(10),
      HAS_FLAGS | SEND_FLUSH | SEND_FUA | SEND_TRIM | SEND_WRITE_ZEROES | CAN_MULTI_CONN |
        SEND_FAST_ZERO,
    );
    assertEquals([textOf(name.subarray(2)), textOf(description.subarray(2))], ["disk", "a disk"]);
    assertEquals(sizes, join(new Uint8Array([0, INFO.BLOCK_SIZE]), uint32s(1, 4096, 32 * MIB)));
    assertEquals((await client.ask({ command: 3 })).kind, "simple");
  }));

Deno.test("INFO reports the same, and options may follow", () =>
  withClient(async (client) => {
    assertEquals(typesOf(await client.option(OPTION.INFO, goData(""))), [
      INFO_REPLY,
      INFO_REPLY,
      ACK,
    ]);
    assertEquals(typesOf(await client.option(OPTION.LIST)), [SERVER, ACK]);
  }));

Deno.test("a disk that takes no writes says so, and offers nothing that writes", () => {
  const disk = new MemoryDisk(MIB);
  disk.isWritable = false;
  return withClient(async (client) => {
    await client.option(OPTION.STRUCTURED_REPLY);
    const [{ data }] = await client.option(OPTION.GO, goData(""));
    const { HAS_FLAGS, SEND_FLUSH, READ_ONLY, SEND_DF, CAN_MULTI_CONN } = EXPORT_FLAG;
    assertEquals(
      new DataView(data.buffer).getUint16(10),
      HAS_FLAGS | READ_ONLY | SEND_FLUSH | SEND_DF | CAN_MULTI_CONN,
    );
  }, disk);
});

for (const [clientFlags, padding] of [[1, 124], [3, 0]]) {
  Deno.test(`EXPORT_NAME is answered with ${padding} bytes of padding`, async () => {
    const client = new TestClient(new MemoryDisk(MIB));
    await client.greet(clientFlags);
    await client.sendOption(OPTION.EXPORT_NAME, new TextEncoder().encode("disk"));
    const answer = await client.take(10 + padding);
    assertEquals(answer.getBigUint64(0), BigInt(MIB));
    assertEquals((await client.ask({ command: 3 })).value, 0);
    client.stream.close();
    assertEquals(await client.ended, undefined);
  });
}

Deno.test("a client without fixed newstyle gets its export by name, and nothing else", async () => {
  const old = new TestClient(new MemoryDisk(MIB));
  await old.greet(0);
  await old.sendOption(OPTION.EXPORT_NAME);
  assertEquals((await old.take(134)).getBigUint64(0), BigInt(MIB));
  old.stream.close();
  const confused = new TestClient(new MemoryDisk(MIB));
  await confused.greet(0);
  await confused.sendOption(OPTION.LIST);
  assertEquals(await confused.ended, "option 3 without fixed newstyle");
});

Deno.test("LIST names the export", () =>
  withClient(async (client) => {
    const [entry, end] = await client.option(OPTION.LIST);
    assertEquals([entry.type, end.type], [SERVER, ACK]);
    assertEquals(entry.data, join(uint32s(4), new TextEncoder().encode("disk")));
  }));

Deno.test("ABORT is acknowledged, and the connection closed", async () => {
  const client = new TestClient(new MemoryDisk(MIB));
  await client.greet();
  assertEquals(typesOf(await client.option(OPTION.ABORT)), [ACK]);
  assertEquals(await client.ended, undefined);
  await assertRejects(() => client.take(1), StreamEndError);
});

Deno.test("metadata contexts: base:allocation is listed, set by name, and forgotten by another set", () =>
  withClient(async (client) => {
    const { LIST_META_CONTEXT, SET_META_CONTEXT } = OPTION;
    const ask = async (option: number, ...queries: string[]) =>
      typesOf(await client.option(option, contextQuery("disk", ...queries)));
    assertEquals(
      await ask(LIST_META_CONTEXT),
      [REPLY.ERR_INVALID],
      "structured replies come first",
    );
    assertEquals(typesOf(await client.option(OPTION.STRUCTURED_REPLY)), [ACK]);
    assertEquals(await ask(LIST_META_CONTEXT), [META_CONTEXT, ACK]);
    assertEquals(await ask(LIST_META_CONTEXT, "base:"), [META_CONTEXT, ACK]);
    assertEquals(await ask(LIST_META_CONTEXT, "qemu:"), [ACK]);
    assertEquals(await ask(SET_META_CONTEXT, "base:"), [ACK]);
    assertEquals(await ask(SET_META_CONTEXT, "x:y", "base:allocation"), [META_CONTEXT, ACK]);
    assertEquals(await ask(SET_META_CONTEXT), [ACK]);
    await client.option(OPTION.GO, goData(""));
    const { kind, data } = await client.ask({ command: 7, length: 512 });
    assertEquals([kind, new DataView(data.buffer).getUint32(0)], ["chunk", 22]);
  }));

Deno.test("unknown options, and TLS, are refused, and options may follow", () =>
  withClient(async (client) => {
    for (const option of [OPTION.STARTTLS, 4, 11, 0, 0xffffffff]) {
      const [{ type }] = await client.option(option, new Uint8Array(3));
      assertEquals(type, REPLY.ERR_UNSUP);
    }
    assertEquals((await client.option(OPTION.GO, goData("disk"))).at(-1)?.type, ACK);
  }));

Deno.test("an export that is not there is refused", async () => {
  await withClient(async (client) => {
    for (const option of [OPTION.INFO, OPTION.GO]) {
      const [{ type, data }] = await client.option(option, goData("other"));
      assertEquals([type, textOf(data)], [REPLY.ERR_UNKNOWN, "no export is called 'other'"]);
    }
  });
  const client = new TestClient(new MemoryDisk(MIB));
  await client.greet();
  await client.sendOption(OPTION.EXPORT_NAME, new TextEncoder().encode("other"));
  assertEquals(await client.ended, "no export is called 'other'");
});

const MALFORMED: readonly [what: string, option: number, data: Uint8Array][] = [
  ["nothing", OPTION.GO, new Uint8Array(0)],
  ["a name longer than the data", OPTION.GO, uint32s(5)],
  ["a name of 4 GiB", OPTION.GO, join(uint32s(0xffffffff), new Uint8Array(9))],
  ["a name that is too long", OPTION.GO, join(uint32s(5000), new Uint8Array(5002))],
  ["a name that is not UTF-8", OPTION.GO, join(uint32s(1), new Uint8Array([0xff, 0, 0]))],
  ["more requests than there are", OPTION.GO, join(uint32s(0), new Uint8Array([0xff, 0xff, 0, 0]))],
  ["bytes past the end", OPTION.INFO, join(goData(""), new Uint8Array(1))],
  ["data where there are none", OPTION.LIST, new Uint8Array(1)],
  ["data where there are none", OPTION.STRUCTURED_REPLY, new Uint8Array(1)],
  ["billions of queries", OPTION.SET_META_CONTEXT, uint32s(0, 0xffffffff)],
];

for (const [what, option, data] of MALFORMED) {
  Deno.test(`option ${option} with ${what} is refused, and options go on`, () =>
    withClient(async (client) => {
      if (option === OPTION.SET_META_CONTEXT) await client.option(OPTION.STRUCTURED_REPLY);
      assertEquals(typesOf(await client.option(option, data)), [REPLY.ERR_INVALID]);
      assertEquals(typesOf(await client.option(OPTION.LIST)), [SERVER, ACK]);
    }));
}

Deno.test("a large option is read and refused, one of 4 GiB ends the connection", async () => {
  const client = new TestClient(new MemoryDisk(MIB));
  await client.greet();
  const replies = await client.option(OPTION.GO, new Uint8Array(MIB));
  assertEquals(typesOf(replies), [REPLY.ERR_TOO_BIG]);
  await client.sendOption(OPTION.GO, new Uint8Array(100), 0xffffffff);
  assertEquals(await client.ended, "option 7 of 4294967295 bytes");
});

Deno.test("what is no option, or not the client's flags, ends the connection", async () => {
  const client = new TestClient(new MemoryDisk(MIB));
  await client.greet();
  await client.send(new Uint8Array(16));
  assertEquals(await client.ended, "option magic 0x0");
  const flagged = new TestClient(new MemoryDisk(MIB));
  await flagged.greet(0x80000001);
  assertEquals(await flagged.ended, "unknown client flags 0x80000001");
});

Deno.test("a flood of options ends the connection", async () => {
  const client = new TestClient(new MemoryDisk(MIB));
  await client.greet();
  for (let i = 0; i < 256; i++) await client.option(OPTION.LIST);
  assertStringIncludes(await client.ended ?? "", "more than 256 options");
});

Deno.test("a client that sends nothing before the timeout is disconnected", async () => {
  const rings: [() => void, number][] = [];
  const client = new TestClient(new MemoryDisk(MIB), {
    startTimer: (go, delayMs) => {
      rings.push([go, delayMs]);
      return () => rings.pop();
    },
  });
  await client.greet();
  const [[ring, delayMs]] = rings;
  assertEquals(delayMs, 10_000);
  ring();
  assertEquals(await client.ended, undefined);
});

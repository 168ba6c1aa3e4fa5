import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { StorageError } from "../storage/mod.ts";
import { uint32s } from "./client_messages.ts";
import { errorOf, TestClient } from "./client_testing.ts";
import { MemoryDisk } from "./memory_disk_testing.ts";
import { CHUNK, COMMAND, COMMAND_FLAG, NBD_ERROR } from "./protocol.ts";

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const { READ, WRITE, DISC, FLUSH, TRIM, WRITE_ZEROES, BLOCK_STATUS } = COMMAND;
const { FUA, NO_HOLE, DF, REQ_ONE, FAST_ZERO } = COMMAND_FLAG;

/** A client whose requests may begin. */
async function started(
  disk: MemoryDisk,
  how: "simple" | "structured" = "structured",
): Promise<TestClient> {
  const client = new TestClient(disk);
  await client.start(how);
  return client;
}

async function end(client: TestClient): Promise<void> {
  client.stream.close();
  assertEquals(await client.ended, undefined);
}

const pattern = (length: number) => new Uint8Array(length).map((_, i) => i % 251 + 1);

for (const how of ["simple", "structured"] as const) {
  Deno.test(`written data is read, with ${how} replies`, async () => {
    const disk = new MemoryDisk(MIB);
    const client = await started(disk, how);
    const payload = pattern(5000);
    assertEquals((await client.ask({ command: WRITE, offset: 777, payload })).value, 0);
    const { kind, data } = await client.ask({ command: READ, offset: 777, length: 5000 }, 5000);
    if (how === "simple") assertEquals([kind, data], ["simple", payload]);
    else assertEquals([kind, data.subarray(8)], ["chunk", payload]);
    assertEquals(disk.asked, ["write 777 5000", "read 777 5000"]);
    await end(client);
  });
}

Deno.test("many requests in one packet run at once, and are answered as they end", async () => {
  const disk = new MemoryDisk(MIB);
  let open = () => {};
  disk.gate = new Promise((resolve) => open = resolve);
  const client = await started(disk, "simple");
  const cookies: bigint[] = [];
  for (let i = 0; i < 100; i++) {
    cookies.push(await client.sendRequest({ command: WRITE, offset: i, payload: uint32s(i) }));
  }
  while (disk.asked.length < 100) await new Promise((resolve) => setTimeout(resolve));
  open();
  const answered: bigint[] = [];
  for (let i = 0; i < 100; i++) answered.push((await client.reply()).cookie);
  assertEquals(answered.sort(), cookies.sort());
  await end(client);
});

Deno.test("large writes and reads arrive", async () => {
  const disk = new MemoryDisk(40 * MIB);
  const client = await started(disk);
  const payload = pattern(32 * MIB);
  assertEquals((await client.ask({ command: WRITE, offset: MIB, payload })).value, 0);
  const { data } = await client.ask({ command: READ, offset: MIB, length: payload.length });
  assertEquals(
    Uint8Array.prototype.every.call(data.subarray(8), (byte, i) => byte === payload[i]),
    true,
  );
  await end(client);
});

Deno.test("zeroes are read as holes, unless the client wants one piece", async () => {
  const disk = new MemoryDisk(MIB);
  disk.bytes.set(pattern(32 * KIB), 64 * KIB);
  const client = await started(disk);
  await client.sendRequest({ command: READ, offset: 32 * KIB, length: 128 * KIB });
  const chunks = [await client.reply(), await client.reply(), await client.reply()];
  const { OFFSET_DATA, OFFSET_HOLE } = CHUNK;
  assertEquals(chunks.map(({ value }) => value), [OFFSET_HOLE, OFFSET_DATA, OFFSET_HOLE]);
  assertEquals(chunks.map(({ isLast }) => isLast), [false, false, true]);
  assertEquals(chunks[0].data, uint32s(0, 32 * KIB, 32 * KIB));
  assertEquals(chunks[1].data.subarray(0, 8), uint32s(0, 64 * KIB));
  assertEquals(chunks[1].data.subarray(8), pattern(32 * KIB));
  assertEquals(chunks[2].data, uint32s(0, 96 * KIB, 64 * KIB));
  const whole = { command: READ, flags: DF, offset: 32 * KIB, length: 128 * KIB };
  const { value, data } = await client.ask(whole);
  assertEquals([value, data.length], [OFFSET_DATA, 8 + 128 * KIB]);
  const zeroes = await client.ask({ command: READ, length: 100 });
  assertEquals([zeroes.value, zeroes.data], [OFFSET_HOLE, uint32s(0, 0, 100)]);
  await end(client);
});

Deno.test("block status joins adjacent equal extents, within the range, or reports only the first", async () => {
  const disk = new MemoryDisk(MIB);
  disk.bytes.fill(1, 8 * KIB, 16 * KIB);
  const client = await started(disk);
  const { value, data } = await client.ask({
    command: BLOCK_STATUS,
    offset: 4096,
    length: 16 * KIB,
  });
  assertEquals(value, CHUNK.BLOCK_STATUS);
  assertEquals(data, uint32s(1, 4096, 3, 8192, 0, 4096, 3));
  const one = { command: BLOCK_STATUS, flags: REQ_ONE, offset: 8192, length: MIB - 8192 };
  assertEquals((await client.ask(one)).data, uint32s(1, 8192, 0));
  await end(client);
});

Deno.test("flush, trim and zeroes reach the disk; FUA adds a flush", async () => {
  const disk = new MemoryDisk(MIB);
  const client = await started(disk);
  const requests = [
    { command: FLUSH },
    { command: TRIM, offset: 0, length: 100 },
    { command: WRITE_ZEROES, offset: 0, length: MIB, flags: FAST_ZERO },
    { command: WRITE_ZEROES, offset: 5, length: 7, flags: FUA },
    { command: WRITE, offset: 5, payload: pattern(7), flags: FUA },
    { command: TRIM, offset: 5, length: 7, flags: FUA },
    { command: FLUSH, flags: FUA },
  ];
  for (const request of requests) assertEquals((await client.ask(request)).value, 0);
  assertEquals(disk.asked, [
    "flush",
    "trim 0 100",
    "zero 0 1048576",
    "zero 5 7",
    "flush",
    "write 5 7",
    "flush",
    "trim 5 7",
    "flush",
    "flush",
  ]);
  await end(client);
});

Deno.test("zeroes that must not be holes are written, and never fast", async () => {
  const disk = new MemoryDisk(4 * MIB);
  const client = await started(disk, "simple");
  const request = { command: WRITE_ZEROES, offset: 4096, length: 2 * MIB, flags: NO_HOLE };
  disk.bytes.fill(9);
  assertEquals((await client.ask(request)).value, 0);
  assertEquals(disk.asked, ["write 4096 1048576", "write 1052672 1048576"]);
  assertEquals(disk.bytes.subarray(4096, 4096 + 2 * MIB).every((byte) => byte === 0), true);
  for (const flags of [NO_HOLE | FAST_ZERO, FAST_ZERO]) {
    const refused = { command: WRITE_ZEROES, offset: 1, length: 2, flags };
    assertEquals((await client.ask(refused)).value, NBD_ERROR.ENOTSUP);
  }
  await end(client);
});

const { EINVAL, ENOSPC, EPERM, EIO, ENOMEM } = NBD_ERROR;
const end4 = { offset: MIB - 4, length: 8 };
const REFUSED: readonly [what: string, request: object, error: number][] = [
  ["a read past the end", { command: READ, ...end4 }, EINVAL],
  [
    "a read at the end of the address space",
    { command: READ, offset: 2n ** 64n - 1n, length: 1 },
    EINVAL,
  ],
  ["a read of 4 GiB", { command: READ, length: 0xffffffff }, EINVAL],
  ["a read of 32 MiB and a byte", { command: READ, length: 32 * MIB + 1 }, EINVAL],
  ["a read of nothing", { command: READ, length: 0 }, EINVAL],
  ["a write past the end", { command: WRITE, offset: MIB - 4, payload: pattern(8) }, ENOSPC],
  ["a write of more than 32 MiB", { command: WRITE, payload: new Uint8Array(33 * MIB) }, EINVAL],
  ["a write of nothing", { command: WRITE }, EINVAL],
  ["zeroes past the end", { command: WRITE_ZEROES, ...end4 }, ENOSPC],
  ["a trim past the end", { command: TRIM, offset: 2 ** 40, length: 1 }, EINVAL],
  ["the status of what is past the end", { command: BLOCK_STATUS, ...end4 }, EINVAL],
  ["a flush of a range", { command: FLUSH, offset: 1, length: 1 }, EINVAL],
  ["a command that is not known", { command: 99, length: 1 }, EINVAL],
  ["CACHE, which is not offered", { command: 5, length: 1 }, EINVAL],
  ["a flag that is not known", { command: READ, flags: 1 << 9, length: 1 }, EINVAL],
  ["a flag of another command", { command: READ, flags: NO_HOLE, length: 1 }, EINVAL],
];

for (const [what, request, error] of REFUSED) {
  Deno.test(`${what} is refused, and requests go on`, async () => {
    for (const how of ["simple", "structured"] as const) {
      const disk = new MemoryDisk(MIB);
      const client = await started(disk, how);
      const reply = await client.ask(request as { command: number });
      assertEquals(how === "simple" ? reply.value : errorOf(reply)[0], error);
      assertEquals(disk.asked, []);
      assertEquals((await client.ask({ command: FLUSH })).value, 0);
      await end(client);
    }
  });
}

Deno.test("features that were not negotiated are refused: DF and block status need structured replies", async () => {
  const client = await started(new MemoryDisk(MIB), "simple");
  assertEquals((await client.ask({ command: READ, flags: DF, length: 1 })).value, EINVAL);
  assertEquals((await client.ask({ command: BLOCK_STATUS, length: 1 })).value, EINVAL);
  await end(client);
});

Deno.test("a read-only disk takes no changes, and features that it does not offer are refused", async () => {
  const disk = new MemoryDisk(MIB);
  disk.isWritable = false;
  const client = await started(disk, "simple");
  for (const command of [WRITE, TRIM, WRITE_ZEROES]) {
    const payload = command === WRITE ? pattern(10) : undefined;
    const request = { command, length: 10, ...(payload && { payload }) };
    assertEquals((await client.ask(request)).value, EPERM);
  }
  disk.isWritable = true;
  disk.canTrim = disk.canForceWrites = false;
  assertEquals((await client.ask({ command: TRIM, length: 10 })).value, EINVAL);
  assertEquals(
    (await client.ask({ command: WRITE, payload: pattern(1), flags: FUA })).value,
    EINVAL,
  );
  assertEquals(disk.asked, []);
  await end(client);
});

Deno.test("a disk that can grow takes writes past its end, and reads up to there", async () => {
  const disk = new MemoryDisk(512);
  disk.canGrow = true;
  const client = await started(disk);
  assertEquals((await client.ask({ command: READ, offset: 512, length: 1 })).value, CHUNK.ERROR);
  assertEquals((await client.ask({ command: WRITE, offset: 600, payload: pattern(8) })).value, 0);
  const { data } = await client.ask({ command: READ, offset: 600, length: 8 });
  assertEquals(data.subarray(8), pattern(8));
  const zeroes = { command: WRITE_ZEROES, offset: 606, length: 1000 };
  assertEquals((await client.ask(zeroes)).value, 0);
  const far = await client.ask({ command: WRITE, offset: 2n ** 60n, payload: pattern(8) });
  assertEquals(errorOf(far)[0], ENOSPC);
  await end(client);
});

Deno.test("errors of the disk have the protocol's numbers, and the reason in structured replies", async () => {
  const disk = new MemoryDisk(MIB);
  const request = { kind: "size", file: 0 } as const;
  const failures: [unknown, number][] = [
    [new StorageError("EIO", request), EIO],
    [new StorageError("ENOSPC", request), ENOSPC],
    [new StorageError("EDQUOT", request), ENOSPC],
    [new StorageError("EROFS", request), EPERM],
    [new StorageError("EBADF", request), EIO],
    [new RangeError("Array buffer allocation failed"), ENOMEM],
    [new Error("the image takes no more writes"), EIO],
    ["not even an error", EIO],
  ];
  for (const how of ["simple", "structured"] as const) {
    const client = await started(disk, how);
    for (const [failure, value] of failures) {
      disk.failure = failure;
      for (const command of [READ, WRITE_ZEROES, BLOCK_STATUS]) {
        if (command === BLOCK_STATUS && how === "simple") continue;
        const reply = await client.ask({ command, length: 4 });
        assertEquals(how === "simple" ? reply.value : errorOf(reply)[0], value);
        if (
          how === "structured" && failure instanceof Error && !(failure instanceof StorageError)
        ) {
          assertStringIncludes(errorOf(reply)[1], failure.message);
        }
      }
    }
    disk.failure = undefined;
    await end(client);
  }
});

Deno.test("DISC ends the connection after the requests in flight", async () => {
  const disk = new MemoryDisk(MIB);
  let open = () => {};
  disk.gate = new Promise((resolve) => open = resolve);
  const client = await started(disk, "simple");
  const cookie = await client.sendRequest({ command: WRITE, payload: pattern(4) });
  await client.sendRequest({ command: DISC });
  open();
  assertEquals((await client.reply()).cookie, cookie);
  assertEquals(await client.ended, undefined);
  assertEquals(disk.bytes.subarray(0, 4), pattern(4));
});

Deno.test("half a request, and a request with half of its data, change nothing", async () => {
  for (const cut of [13, 28 + 100]) {
    const disk = new MemoryDisk(MIB);
    const client = await started(disk);
    const head = new DataView(new ArrayBuffer(28 + 512));
    head.setUint32(0, 0x25609513);
    head.setUint16(6, WRITE);
    head.setUint32(24, 512);
    await client.send(new Uint8Array(head.buffer, 0, cut));
    await end(client);
    assertEquals(disk.asked, []);
  }
});

Deno.test("an invalid request ends the connection", async () => {
  const client = await started(new MemoryDisk(MIB));
  await client.send(new Uint8Array(28));
  assertEquals(await client.ended, "request magic 0x0");
});

const FLOODS: readonly [what: string, request: object, most: number][] = [
  ["large answers", { command: READ, length: 8 * MIB }, 12_000],
  ["errors", { command: 99, length: 1 }, 150_000],
  ["small answers", { command: READ, length: 1 }, 150_000],
];

for (const [what, request, most] of FLOODS) {
  Deno.test(`of a client that never reads its ${what} no more than a limit is read`, async () => {
    const disk = new MemoryDisk(8 * MIB);
    disk.bytes.fill(1);
    const rings: (() => void)[] = [];
    const client = new TestClient(disk, {
      startTimer(go) {
        rings.push(go);
        return () => {};
      },
    });
    await client.start();
    let sent = 0;
    const flood = (async () => {
      while (sent < 2 * most) {
        await client.sendRequest(request as { command: number });
        sent++;
      }
    })().catch(() => {});
    for (let before = -1; before !== sent;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assertLess(sent, most, "32 MiB of answers, and what fits buffers on the way");
    if (what === "large answers") assertLess(disk.asked.length, 6);
    const stopped = client.connection.stop();
    rings.at(-1)?.(); // it had time enough to take its answers
    await stopped;
    assertEquals(await client.ended, undefined);
    await flood;
  });
}

Deno.test("stopping finishes requests in flight and takes no more", async () => {
  const disk = new MemoryDisk(MIB);
  let open = () => {};
  disk.gate = new Promise((resolve) => open = resolve);
  const client = await started(disk, "simple");
  const cookie = await client.sendRequest({ command: WRITE, payload: pattern(4) });
  while (disk.asked.length < 1) await new Promise((resolve) => setTimeout(resolve));
  const stopped = client.connection.stop();
  await client.sendRequest({ command: FLUSH });
  open();
  assertEquals((await client.reply()).cookie, cookie);
  await stopped;
  await client.ended;
  assertEquals(disk.asked, ["write 0 4"]);
});

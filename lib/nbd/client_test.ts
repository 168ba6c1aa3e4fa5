import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { HostError } from "../storage/host_error.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { NbdClient, type NbdClientOptions } from "./client.ts";
import {
  NbdConnectError,
  NbdDisconnectedError,
  NbdRequestError,
  NbdTimeoutError,
} from "./client_error.ts";
import { noTimer } from "./client_testing.ts";
import { Connection } from "./connection.ts";
import { listenAt } from "./listen.ts";
import { MemoryDisk } from "./memory_disk_testing.ts";
import { connectedPair } from "./pipe_testing.ts";
import { NBD_ERROR } from "./protocol.ts";
import { NbdServer } from "./server.ts";
import type { DiskExtent } from "./served_disk.ts";

const MIB = 2 ** 20;

/** A client of a server for `disk`, and what the server says of it in the end. */
async function clientOf(
  disk: MemoryDisk,
  options: NbdClientOptions = {},
): Promise<{ client: NbdClient; ended: Promise<string | undefined> }> {
  const [near, far] = connectedPair();
  const served = { name: "disk", description: "a disk", disk };
  const ended = new Connection(far, served, noTimer).run();
  return { client: await NbdClient.over(near, { startTimer: noTimer, ...options }), ended };
}

const pattern = (length: number) => new Uint8Array(length).map((_, i) => i % 251 + 1);

async function extentsOf(client: NbdClient, offset: number, length: number): Promise<DiskExtent[]> {
  return await Array.fromAsync(client.extents(offset, length));
}

for (const replies of ["simple", "structured"] as const) {
  Deno.test(`a disk is written and read, with ${replies} replies`, async () => {
    const disk = new MemoryDisk(MIB);
    const { client, ended } = await clientOf(disk, { replies });
    assertEquals([client.sizeBytes, client.isWritable], [BigInt(MIB), true]);
    await client.write(777, pattern(5000));
    const into = new Uint8Array(6000).fill(9);
    await client.read(776, into);
    assertEquals(into, disk.bytes.slice(776, 6776));
    assertEquals(into.subarray(1, 5001), pattern(5000));
    await client.flush();
    await client.trim(0, 4096);
    await client.writeZeroes(4096, 8192);
    assertEquals(disk.asked, [
      "write 777 5000",
      "read 776 6000",
      "flush",
      "trim 0 4096",
      "zero 4096 8192",
    ]);
    await client.end();
    assertEquals(await ended, undefined);
  });

  Deno.test(`zeroes among data arrive, with ${replies} replies`, async () => {
    const disk = new MemoryDisk(MIB);
    disk.bytes.set(pattern(70_000), 300_000);
    const { client, ended } = await clientOf(disk, { replies });
    const into = new Uint8Array(MIB).fill(9);
    await client.read(0, into);
    assertEquals(into, disk.bytes);
    await client.end();
    await ended;
  });

  Deno.test(`an error is that request's alone, with ${replies} replies`, async () => {
    const disk = new MemoryDisk(MIB);
    const { client, ended } = await clientOf(disk, { replies });
    disk.failure = new Error("the platter is scratched");
    const error = await assertRejects(
      () => client.read(512, new Uint8Array(512)),
      NbdRequestError,
      "Cannot read 512 bytes at 512: Input/output error",
    );
    assertEquals([error.value, error.reason], [NBD_ERROR.EIO, "Input/output error"]);
    // A simple reply has no room for words.
    assertEquals(error.serverText.includes("scratched"), replies === "structured");
    disk.failure = undefined;
    await client.read(512, new Uint8Array(512));
    await client.end();
    await ended;
  });
}

Deno.test("requests do not wait for each other, and each gets its own reply", async () => {
  const disk = new MemoryDisk(MIB);
  disk.bytes.set(pattern(MIB));
  const gate = Promise.withResolvers<void>();
  disk.gate = gate.promise;
  const { client, ended } = await clientOf(disk);
  const buffers = Array.from({ length: 50 }, (_, i) => new Uint8Array(i + 1));
  const reads = buffers.map((into, i) => client.read(i * 1000, into));
  while (disk.asked.length < 50) await new Promise((resolve) => setTimeout(resolve));
  gate.resolve();
  await Promise.all(reads);
  buffers.forEach((into, i) => assertEquals(into, disk.bytes.slice(i * 1000, i * 1000 + i + 1)));
  await client.end();
  await ended;
});

Deno.test("more than a request may carry is cut into several", async () => {
  const disk = new MemoryDisk(40 * MIB);
  const { client, ended } = await clientOf(disk);
  const bytes = new Uint8Array(33 * MIB);
  bytes.set(pattern(MIB), 32 * MIB - 512);
  await client.write(4096, bytes);
  const into = new Uint8Array(33 * MIB).fill(9);
  await client.read(4096, into);
  assertEquals(into, bytes);
  const pieces = [`4096 ${32 * MIB}`, `${4096 + 32 * MIB} ${MIB}`];
  assertEquals(disk.asked, [
    ...pieces.map((at) => `write ${at}`),
    ...pieces.map((at) => `read ${at}`),
  ]);
  await client.end();
  await ended;
});

Deno.test("extents are those of the range, and no more", async () => {
  const disk = new MemoryDisk(MIB);
  disk.bytes.fill(1, 8192, 16_384);
  const { client, ended } = await clientOf(disk);
  assertEquals(client.canListExtents, true);
  assertEquals(await extentsOf(client, 4096, 8192), [
    { lengthBytes: 4096, isHole: true, isZero: true },
    { lengthBytes: 4096, isHole: false, isZero: false },
  ]);
  await client.end();
  await ended;
  const simple = await clientOf(disk, { replies: "simple" });
  assertEquals(simple.client.canListExtents, false);
  await simple.client.end();
  await simple.ended;
});

Deno.test("a forced write is durable when it is answered", async () => {
  const disk = new MemoryDisk(MIB);
  const { client, ended } = await clientOf(disk);
  assertEquals([client.canForceWrites, client.canTrim, client.canFlush], [true, true, true]);
  await client.write(0, pattern(10), { isForced: true });
  assertEquals(disk.asked, ["write 0 10", "flush"]);
  await client.end();
  await ended;
});

Deno.test("a disk that may not be written says so, and refuses", async () => {
  const disk = new MemoryDisk(MIB);
  disk.isWritable = false;
  const { client, ended } = await clientOf(disk);
  assertEquals([client.isWritable, client.canWriteZeroes], [false, false]);
  await assertRejects(() => client.write(0, pattern(1)), NbdRequestError, "not permitted");
  await client.end();
  await ended;
});

Deno.test("an export that is not there is refused in the server's words", async () => {
  const error = await assertRejects(
    () => clientOf(new MemoryDisk(MIB), { exportName: "other" }),
    NbdConnectError,
    "Cannot use the NBD export 'other'",
  );
  assertStringIncludes(error.message, "no export is called 'other'");
  const { client, ended } = await clientOf(new MemoryDisk(MIB), { exportName: "disk" });
  await client.end();
  await ended;
});

Deno.test("a server that goes away fails what is in flight and what comes later", async () => {
  const disk = new MemoryDisk(MIB);
  disk.gate = new Promise(() => {});
  const [near, far] = connectedPair();
  const served = { name: "", description: "", disk };
  void new Connection(far, served, noTimer).run();
  const client = await NbdClient.over(near, { startTimer: noTimer });
  const reads = [0, 1].map((at) => client.read(at, new Uint8Array(1)));
  while (disk.asked.length < 2) await new Promise((resolve) => setTimeout(resolve));
  far.close();
  for (const { status } of await Promise.allSettled(reads)) assertEquals(status, "rejected");
  await assertRejects(() => client.flush(), NbdDisconnectedError, "The server has closed");
  await client.end();
});

Deno.test("a server that does not answer in time is left", async () => {
  const timers: { go: () => void; delayMs: number; isStopped: boolean }[] = [];
  const startTimer = (go: () => void, delayMs: number) => {
    const timer = { go, delayMs, isStopped: false };
    timers.push(timer);
    return () => void (timer.isStopped = true);
  };
  const disk = new MemoryDisk(MIB);
  const { client } = await clientOf(disk, { startTimer, timeoutMs: 700 });
  await client.flush();
  assertEquals(timers.map(({ delayMs, isStopped }) => [delayMs, isStopped]), [
    [700, true],
    [700, true],
  ]);
  disk.gate = new Promise(() => {});
  const late = client.write(512, pattern(512));
  timers.at(-1)!.go();
  await assertRejects(
    () => late,
    NbdTimeoutError,
    "Cannot write 512 bytes at 512: no answer in 700 ms",
  );
  await assertRejects(() => client.flush(), NbdTimeoutError);
  await client.end();
});

Deno.test("a server that says nothing at all is left", async () => {
  const [near] = connectedPair();
  let ring = () => {};
  const startTimer = (go: () => void) => {
    ring = go;
    return () => {};
  };
  const connecting = NbdClient.over(near, { startTimer, timeoutMs: 50 });
  ring();
  await assertRejects(() => connecting, NbdTimeoutError, "Cannot agree on an export");
});

Deno.test("ending waits for what is in flight, closing does not", async () => {
  const disk = new MemoryDisk(MIB);
  const gate = Promise.withResolvers<void>();
  disk.gate = gate.promise;
  const { client, ended } = await clientOf(disk);
  const write = client.write(0, pattern(3));
  const end = client.end();
  gate.resolve();
  await write;
  await end;
  assertEquals([await ended, disk.bytes[2]], [undefined, 3]);
  await assertRejects(() => client.flush(), NbdDisconnectedError, "The client has closed");

  const other = await clientOf(disk);
  disk.gate = new Promise(() => {});
  const lost = other.client.write(0, pattern(3));
  other.client.close();
  await assertRejects(() => lost, NbdDisconnectedError, "The client has closed");
});

Deno.test("it connects to a socket and to a port, and says where nobody listens", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/nbd.sock`;
    for (const address of [{ kind: "socket", path } as const, PORT] as const) {
      const disk = new MemoryDisk(MIB);
      disk.bytes.set(pattern(MIB));
      const listener = listenAt(address);
      const served = { name: "", description: "", disk };
      const server = new NbdServer({ served, listener, startTimer: noTimer });
      const port = Number(new URL(listener.uri).port);
      const place = address.kind === "port" ? { ...PORT, port } : address;
      {
        await using client = await NbdClient.connect(place);
        const into = new Uint8Array(MIB);
        await client.read(0, into);
        assertEquals(into, disk.bytes);
      }
      await server.stop();
      const error = await assertRejects(
        () => NbdClient.connect(place),
        HostError,
        "Cannot connect",
      );
      assertInstanceOf(error.cause, Error);
    }
  }));

const PORT = { kind: "port", hostname: "localhost", port: 0 } as const;

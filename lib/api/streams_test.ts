import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ImageError } from "../qed/mod.ts";
import { Image } from "./image.ts";
import { CLUSTER, DISK, pattern, withImage } from "./image_testing.ts";
import { readableStream } from "./streams.ts";

const DATA = pattern(3, 700_000);

/** An image with data from 1000 on. */
async function withData(body: (image: Image) => Promise<void>): Promise<void> {
  await withImage("qed", async (path) => {
    await using image = await Image.open(path, { writable: true });
    await image.write(1000, DATA);
    await body(image);
  });
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
}

Deno.test("the whole disk, or a part of it, comes as a stream", () =>
  withData(async (image) => {
    const all = await collect(image.readable());
    assertEquals(all.length, DISK);
    assertEquals(all.subarray(1000, 1000 + DATA.length), DATA);
    const part = await collect(image.readable({ start: 1500, end: 400_000n }));
    assertEquals(part, DATA.subarray(500, 399_000));
    assertEquals((await collect(image.readable({ start: 77, end: 77 }))).length, 0);
    assertEquals((await collect(image.readable({ start: DISK }))).length, 0);
  }));

Deno.test("a reader may bring its own buffer, of any size", () =>
  withData(async (image) => {
    for (const size of [1, 999, 1 << 20]) {
      const end = size === 1 ? 1020 : 1000 + DATA.length;
      const reader = image.readable({ start: 1000, end }).getReader({ mode: "byob" });
      let at = 0;
      let buffer = new ArrayBuffer(size);
      for (;;) {
        const { value, done } = await reader.read(new Uint8Array(buffer));
        if (done) break;
        assertEquals(value, DATA.slice(at, at + value.length));
        at += value.length;
        buffer = value.buffer;
      }
      assertEquals(at, end - 1000);
      const empty = image.readable({ start: 5, end: 5 }).getReader({ mode: "byob" });
      assertEquals((await empty.read(new Uint8Array(10))).done, true);
    }
  }));

Deno.test("reads keep one chunk ahead of their reader, and stop when it cancels", async () => {
  const asked: bigint[] = [];
  const stream = readableStream({
    startBytes: 0n,
    endBytes: 1n << 40n,
    read: (offset) => Promise.resolve(asked.push(offset)),
  });
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  await settle();
  assertEquals(asked, [0n]);
  const reader = stream.getReader();
  const { value } = await reader.read();
  await settle();
  assertEquals(asked, [0n, BigInt(value!.length)]);
  await reader.cancel();
  await settle();
  assertEquals(asked.length, 2);
});

Deno.test("a stream writes from its start on, and flushes at its end", () =>
  withImage("qed", async (path) => {
    await using image = await Image.open(path, { writable: true });
    const chunks = [DATA.subarray(0, 10), DATA.subarray(10, 300_000), DATA.subarray(300_000)];
    await ReadableStream.from(chunks).pipeTo(image.writable({ start: 12345 }));
    assertEquals(await image.read(12345, DATA.length), DATA);
    assertEquals(await image.read(0, 12345), new Uint8Array(12345));
  }));

Deno.test("a stream that is too long fails at the end of the disk; earlier data is stored", () =>
  withImage("qed", async (path) => {
    await using image = await Image.open(path, { writable: true });
    const start = DISK - 2 * CLUSTER;
    const chunks = [pattern(1, CLUSTER), pattern(2, CLUSTER), pattern(3, 1)];
    await assertRejects(
      () => ReadableStream.from(chunks).pipeTo(image.writable({ start })),
      ImageError,
      "outside",
    );
    assertEquals(await image.read(start + CLUSTER, CLUSTER), pattern(2, CLUSTER));
  }));

Deno.test("an aborted stream keeps its writes", () =>
  withImage("qed", async (path) => {
    await using image = await Image.open(path, { writable: true });
    const writer = image.writable().getWriter();
    await writer.write(pattern(1, 100));
    await writer.abort("enough");
    assertEquals(await image.read(0, 100), pattern(1, 100));
  }));

Deno.test("a stream outside the disk is refused at once", () =>
  withImage("qed", async (path) => {
    await using image = await Image.open(path);
    assertThrows(() => image.readable({ end: DISK + 1 }), ImageError, "outside");
    assertThrows(() => image.readable({ start: 2, end: 1 }), ImageError, "must not be negative");
    assertThrows(() => image.writable({ start: DISK + 1 }), ImageError, "outside");
    await assertRejects(
      () => ReadableStream.from([new Uint8Array(1)]).pipeTo(image.writable()),
      ImageError,
      "read-only",
    );
  }));

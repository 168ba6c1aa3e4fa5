import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { HostError } from "../chain/mod.ts";
import { ImageError } from "../qed/mod.ts";
import { type Filter, StorageError } from "../storage/mod.ts";
import { Image } from "./image.ts";
import { CLUSTER, crashAfterWrite, DISK, pattern, withImage } from "./image_testing.ts";
import type { ImageCreateOptions, ImageOpenOptions } from "./options.ts";
import { probe } from "./probe.ts";

const FORMATS = ["qed", "raw"] as const;

for (const format of FORMATS) {
  Deno.test(`${format}: many requests run at once; those that overlap run in order`, () =>
    withImage(format, async (path) => {
      await using image = await Image.open(path, { writable: true, format });
      const expected = new Uint8Array(20 * CLUSTER);
      const seen: Promise<boolean>[] = [];
      for (let i = 0; i < 40; i++) {
        const offset = i * 1500;
        const bytes = pattern(i, 2 * CLUSTER);
        image.write(offset, bytes);
        expected.set(bytes, offset);
        const now = expected.slice(offset, offset + 3000);
        seen.push(image.read(offset, 3000).then((read) => read.every((b, at) => b === now[at])));
      }
      assert((await Promise.all(seen)).every(Boolean));
      await image.flush();
      assertEquals(await image.read(0, expected.length), expected);
    }));

  Deno.test(`${format}: zeroes, discard and resize`, () =>
    withImage(format, async (path) => {
      await using image = await Image.open(path, { writable: true, format });
      const bytes = pattern(1, 4 * CLUSTER);
      await image.write(0, bytes);
      image.writeZeroes(100, 2 * CLUSTER);
      bytes.fill(0, 100, 100 + 2 * CLUSTER);
      assertEquals(await image.read(0, bytes.length), bytes);
      await image.discard(0, DISK);
      await assertRejects(() => image.resize(512), ImageError, "shrinking was not requested");
      await image.resize(2 * DISK);
      assertEquals(image.sizeBytes, BigInt(2 * DISK));
      assertEquals(await image.read(2 * DISK - 10, 10), new Uint8Array(10));
      await image.resize(BigInt(DISK), { shrink: true });
      await assertRejects(() => image.read(DISK, 1), ImageError, "outside");
    }));

  Deno.test(`${format}: closing stores everything, and two users cannot write at once`, () =>
    withImage(format, async (path) => {
      {
        await using image = await Image.open(path, { writable: true, format });
        image.write(5000, pattern(2, 9000));
        for (const writable of [true, false]) {
          await assertRejects(
            () => Image.open(path, { writable, format }),
            HostError,
            `Could not open '${path}': The image is already open for writing in this process`,
          );
        }
      }
      await using first = await Image.open(path);
      await using _second = await Image.open(path);
      assertEquals(await first.read(5000, 9000), pattern(2, 9000));
      await assertRejects(
        () => Image.open(path, { writable: true, format }),
        HostError,
        "open read-only",
      );
    }));

  Deno.test(`${format}: invalid requests are refused, and nothing is written`, () =>
    withImage(format, async (path) => {
      const before = Deno.readFileSync(path);
      const image = await Image.open(path, { writable: true, format });
      const refused: [() => Promise<unknown>, string][] = [
        [() => image.read(DISK - 1, 2), "outside the image"],
        [() => image.read(0, 2 ** 50), "outside the image"],
        [() => image.write(-1, new Uint8Array(1)), "must not be negative"],
        [() => image.write(0.5, new Uint8Array(1)), "must be a whole number"],
        [() => image.write(NaN, new Uint8Array(1)), "must be a whole number"],
        [() => image.read(2 ** 53, 1), "must be a bigint"],
        [() => image.read(1n << 80n, 1), "outside the image"],
        [() => image.writeZeroes(1, DISK), "outside the image"],
        [() => image.discard(0, -1n), "must not be negative"],
        [() => image.resize(-512), "must not be negative"],
        [() => image.write(0, new Uint16Array(4) as unknown as Uint8Array), "must be a Uint8Array"],
        [() => image.read(0, new Uint16Array(4) as unknown as Uint8Array), "must be a Uint8Array"],
      ];
      for (const [request, why] of refused) await assertRejects(request, ImageError, why);
      await assertRejects(() => Image.open("a\0b"), HostError, "Not the name of a file");
      await image.close();
      await image.close();
      await assertRejects(() => image.read(0, 1), ImageError, "the image is closed");
      await assertRejects(() => image.flush(), ImageError, "the image is closed");
      await using readOnly = await Image.open(path);
      for (
        const request of [
          () => readOnly.write(0, new Uint8Array(1)),
          () => readOnly.writeZeroes(0, 1),
          () => readOnly.discard(0, 1),
          () => readOnly.resize(512),
          () => readOnly.flush(),
        ]
      ) await assertRejects(request, ImageError, "read-only");
      assertEquals(Deno.readFileSync(path), before);
    }));
}

Deno.test("invalid options are refused before anything is opened", () =>
  withImage("qed", async (path) => {
    for (
      const options of [
        { maxInFlight: 0 },
        { maxInFlight: 1.5 },
        { l2CacheTables: -1 },
        { l2CacheTables: NaN },
        { idleMs: -1 },
        { format: "qcow2" },
        { layout: "2010" },
        { check: "never" },
        { profile: "strict" },
      ]
    ) {
      const [name] = Object.keys(options);
      const open = () => Image.open(path, options as ImageOpenOptions);
      await assertRejects(open, ImageError, `invalid ${name}`);
    }
    await using image = await Image.create(`${path}.huge`, { sizeBytes: 2n ** 45n });
    await assertRejects(() => image.read(0, 2 ** 44), ImageError, "read it in parts");
  }));

Deno.test("closing waits for requests, and leaves the image clean", () =>
  withImage("qed", async (path) => {
    const image = await Image.open(path, { writable: true });
    const writes = [1, 2, 3].map((i) => image.write(i * 10 * CLUSTER, pattern(i, 100)));
    const closed = image.close();
    await assertRejects(() => image.write(0, new Uint8Array(1)), ImageError, "closed");
    await Promise.all([closed, ...writes]);
    await using again = await Image.open(path);
    assertEquals([again.isDirty, await again.checked], [false, undefined]);
    assertEquals(await again.read(30 * CLUSTER, 100), pattern(3, 100));
  }));

Deno.test("disposing is like a crash: requests fail, the lock is released, the image stays dirty", () =>
  withImage("qed", async (path) => {
    let late: Promise<void>;
    {
      using image = await Image.open(path, { writable: true });
      await image.write(0, pattern(1, 512));
      late = image.write(5 * CLUSTER, pattern(2, 512));
    }
    assertInstanceOf(await late.catch((error) => error), StorageError);
    await using again = await Image.open(path, { writable: true });
    assertEquals((await again.checked)?.corruptions, 0);
    assertEquals(again.isDirty, false);
    assertEquals(await again.read(0, 512), pattern(1, 512));
  }));

Deno.test("a disposed image closes its files when the last request is done", () =>
  withImage("raw", async (path) => {
    const image = await Image.open(path);
    const under = Array.from({ length: 8 }, (_, i) => image.read(i * CLUSTER, CLUSTER));
    image[Symbol.dispose]();
    const results = await Promise.allSettled(under);
    assertEquals(new Set(results.map(({ status }) => status)), new Set(["fulfilled"]));
    await using _again = await Image.open(path, { writable: true, format: "raw" });
  }));

Deno.test("an overlay reads its backing file, and writes only itself", () =>
  withImage("raw", async (base, dir) => {
    {
      await using image = await Image.open(base, { writable: true, format: "raw" });
      await image.write(0, pattern(1, 3 * CLUSTER));
    }
    const path = `${dir}/overlay.qed`;
    const backing = { name: "disk.raw", format: "raw" } as const;
    await using image = await Image.create(path, { backing, clusterBytes: CLUSTER });
    assertEquals([image.sizeBytes, image.backingName], [BigInt(DISK), "disk.raw"]);
    assertEquals(image.paths, [path, base]);
    await image.write(CLUSTER, pattern(2, 100));
    assertEquals(await image.read(0, CLUSTER), pattern(1, 3 * CLUSTER).subarray(0, CLUSTER));
    assertEquals(await image.read(CLUSTER, 100), pattern(2, 100));
    assertEquals(Deno.readFileSync(base).subarray(0, 3 * CLUSTER), pattern(1, 3 * CLUSTER));
  }));

Deno.test("an image that copies on read fills itself from its backing file", () =>
  withImage("raw", async (_, dir) => {
    const backing = { name: "disk.raw", format: "raw" } as const;
    const path = `${dir}/overlay.qed`;
    await using image = await Image.create(path, {
      backing,
      clusterBytes: CLUSTER,
      copiesOnRead: true,
    });
    const depths = async () => (await Array.fromAsync(image.map())).map(({ depth }) => depth);
    assertEquals(await depths(), [1]);
    await image.read(0, 100);
    assertEquals(await depths(), [0, 1]);
  }));

Deno.test("the map covers the disk, with adjacent equal extents joined", () =>
  withImage("qed", async (path) => {
    await using image = await Image.open(path, { writable: true });
    await image.write(0, pattern(1, 2 * CLUSTER));
    await image.write(300 * CLUSTER, pattern(1, CLUSTER));
    const parts = [];
    for await (const { startBytes, lengthBytes, data } of image.map()) {
      parts.push([startBytes, lengthBytes, data]);
    }
    assertEquals(parts, [
      [0n, BigInt(2 * CLUSTER), true],
      [BigInt(2 * CLUSTER), BigInt(298 * CLUSTER), false],
      [BigInt(300 * CLUSTER), BigInt(CLUSTER), true],
      [BigInt(301 * CLUSTER), BigInt(DISK - 301 * CLUSTER), false],
    ]);
  }));

Deno.test("check finds leaks and repair reclaims them; raw images have neither", () =>
  withImage("qed", async (path, dir) => {
    const bytes = Deno.readFileSync(path);
    Deno.writeFileSync(path, new Uint8Array([...bytes, ...new Uint8Array(3 * CLUSTER)]));
    await using image = await Image.open(path, { writable: true });
    assertEquals((await image.check()).leaks, 3);
    assertEquals((await image.repair()).leaks, 3);
    assertEquals((await image.repair({ leaks: true })).leaksFixed, 3);
    assertEquals((await image.check()).leaks, 0);
    await using raw = await Image.create(`${dir}/a.raw`, { format: "raw", sizeBytes: 512 });
    await assertRejects(() => raw.check(), ImageError, "requires a QED image");
    await assertRejects(() => raw.repair(), ImageError, "requires a QED image");
  }));

Deno.test("a new image has the given options", () =>
  withImage("qed", async (_, dir) => {
    const path = `${dir}/new.qed`;
    const asked = { clusterBytes: 2 ** 16, tableClusters: 2, layout: "rfc" } as const;
    await using image = await Image.create(path, { ...asked, sizeBytes: 2n ** 40n });
    const { clusterBytes, tableClusters, layout, format, sizeBytes, backingName } = image;
    assertEquals({ clusterBytes, tableClusters, layout }, asked);
    assertEquals([format, sizeBytes, backingName], ["qed", 2n ** 40n, undefined]);
  }));

Deno.test("an existing file stays, unless it is to be overwritten", () =>
  withImage("qed", async (path, dir) => {
    const before = Deno.readFileSync(path);
    const refused: [ImageCreateOptions, new () => Error, string][] = [
      [{ sizeBytes: DISK }, HostError, "File exists"],
      [{ sizeBytes: 100, overwrites: true }, ImageError, "multiple of 512"],
      [{ overwrites: true }, ImageError, "needs a size"],
      [{ sizeBytes: DISK, clusterBytes: 5, overwrites: true }, ImageError, "cluster size"],
      [
        { backing: { name: "missing", format: "raw" }, overwrites: true },
        HostError,
        "No such file",
      ],
      [
        { format: "raw", sizeBytes: 512, clusterBytes: CLUSTER, overwrites: true },
        ImageError,
        "a raw image has no",
      ],
    ];
    for (const [options, kind, why] of refused) {
      await assertRejects(() => Image.create(path, options), kind, why);
    }
    assertEquals(Deno.readFileSync(path), before);
    await (await Image.create(path, { sizeBytes: 512, overwrites: true })).close();
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["disk.qed"]);
  }));

Deno.test("a raw image is written only if the format is given; formats are detected", () =>
  withImage("raw", async (path, dir) => {
    await assertRejects(() => Image.open(path, { writable: true }), HostError, "name the format");
    assertEquals(await probe(path), "raw");
    Deno.writeTextFileSync(`${dir}/other`, "KDMV");
    await assertRejects(() => probe(`${dir}/other`), HostError, "vmdk");
    await assertRejects(() => probe(`${dir}/nothing`), HostError, "No such file");
    await assertRejects(() => Image.open(dir), HostError, "a directory");
  }));

Deno.test("a dirty image is repaired before it is used, and leaves itself clean", () =>
  withImage("qed", async (path) => {
    await crashAfterWrite(path, 0);
    {
      await using readOnly = await Image.open(path);
      assertEquals(readOnly.isDirty, true);
    }
    const steps: number[] = [];
    await using image = await Image.open(path, {
      writable: true,
      onCheckProgress: (done) => steps.push(done),
    });
    assertEquals([image.isDirty, steps], [false, [1]]);
  }));

Deno.test("filters see what the image asks of its files, and can fail it, from opening to closing", () =>
  withImage("qed", async (path) => {
    const seen: string[] = [];
    let isFailing = false;
    const filter: Filter = function* (request) {
      if ("label" in request) seen.push(`${request.kind} ${request.label}`);
      if (isFailing) throw new StorageError("ENOSPC", request);
      return yield request;
    };
    await using image = await Image.open(path, { writable: true, filters: [filter] });
    assertEquals(seen, []);
    await image.write(0, pattern(1, 512));
    assert(seen.includes("write data") && seen.includes("write header"), seen.join());
    isFailing = true;
    await assertRejects(() => image.write(0, pattern(2, 512)), StorageError, "ENOSPC");
    isFailing = false;
    seen.length = 0;
    await image.close();
    assertEquals(seen[0], "flush before clearing NEED_CHECK");
  }));

Deno.test("a map may start anywhere", () =>
  withImage("qed", async (path) => {
    await using image = await Image.open(path, { writable: true });
    await image.write(CLUSTER, pattern(1, 2 * CLUSTER));
    const [first, second] = await Array.fromAsync(image.map({ start: CLUSTER + 512 }));
    assertEquals([first.startBytes, first.lengthBytes, first.data], [4608n, 7680n, true]);
    assertEquals([second.startBytes, second.data], [12288n, false]);
    assertEquals(await Array.fromAsync(image.map({ start: DISK })), []);
    assertThrows(() => image.map({ start: DISK + 1 }), ImageError, "outside");
  }));

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { labelled, RecordingStorage } from "../../../test_support/recording.ts";
import { testSeeds } from "../../../test_support/seeds.ts";
import { AsyncDriver } from "../../storage/run_async.ts";
import type { Request } from "../../storage/request.ts";
import { FRESH_BUFFERS } from "../format/buffers.ts";
import { checkImage } from "../check/check.ts";
import { createImage } from "./create.ts";
import type { QedImage } from "./image.ts";
import { L2Cache } from "./l2_cache.ts";
import { openImage } from "../open.ts";
import { readImage } from "../io/read_image.ts";
import { Table } from "../format/table.ts";
import { writeImage } from "../io/write.ts";

const CLUSTER = 4096;
const PER_TABLE = 512 * CLUSTER;
const TABLES = 6;

function tableAt(offsetBytes: number): Table {
  return new Table(FRESH_BUFFERS.take(8), offsetBytes);
}

Deno.test("the cache keeps the tables used last", () => {
  const cache = new L2Cache(2, CLUSTER);
  const [a, b, c] = [1, 2, 3].map(tableAt);
  cache.put(a);
  cache.put(b);
  assertEquals(cache.get(1), a, "which makes b the one to go");
  cache.put(c);
  assertEquals([cache.get(1), cache.get(2), cache.get(3)], [a, undefined, c]);
});

Deno.test("a table put again replaces the one at its offset, and nothing else goes", () => {
  const cache = new L2Cache(2, CLUSTER);
  const [first, other, second] = [1, 2, 1].map(tableAt);
  cache.put(other);
  cache.put(first);
  cache.put(second);
  assertEquals(cache.get(1) === second, true);
  assertEquals(cache.get(2) === other, true);
});

Deno.test("peeking does not keep a table", () => {
  const cache = new L2Cache(2, CLUSTER);
  const [a, b, c] = [1, 2, 3].map(tableAt);
  for (const table of [a, b]) cache.put(table);
  assertEquals(cache.peek(1), a);
  cache.put(c);
  assertEquals([cache.peek(1), cache.peek(2)], [undefined, b]);
  cache.clear();
  assertEquals(cache.peek(2), undefined);
});

Deno.test("large tables: not more in all than 256 MiB, but always one", () => {
  const kept = (tableBytes: number) => {
    const cache = new L2Cache(50, tableBytes);
    for (let offset = 1; offset <= 60; offset++) cache.put(tableAt(offset));
    return Array.from({ length: 60 }, (_, i) => cache.peek(i + 1)).filter(Boolean).length;
  };
  assertEquals([kept(2 ** 18), kept(2 ** 24), kept(2 ** 30)], [50, 16, 1]);
});

function newImage(l2CacheTables: number): { storage: RecordingStorage; image: QedImage } {
  const storage = new RecordingStorage();
  storage.run(createImage({
    imageBytes: TABLES * PER_TABLE,
    clusterBytes: CLUSTER,
    tableClusters: 1,
  }));
  return { storage, image: storage.run(openImage({ writable: true, l2CacheTables })) };
}

Deno.test("an image with more tables than the cache holds reads them again when needed", () => {
  const { storage, image } = newImage(2);
  const touch = (table: number) =>
    storage.run(readImage(image, table * PER_TABLE, new Uint8Array(1)));
  for (let table = 0; table < TABLES; table++) {
    storage.run(writeImage(image, table * PER_TABLE, new Uint8Array([table + 1])));
  }
  const reads = () => storage.counts.get("read l2-table") ?? 0;
  assertEquals(reads(), 0, "new tables are in the cache already");
  for (const table of [4, 5, 4, 5]) touch(table);
  assertEquals(reads(), 0);
  for (const table of [0, 1, 0, 1]) touch(table);
  assertEquals(reads(), 2);
});

for (const { name, seed } of testSeeds()) {
  Deno.test(`with any size of the cache the guest sees what it wrote: ${name}`, () => {
    const step = fc.record({
      table: fc.nat(TABLES - 1),
      cluster: fc.nat(5),
      length: fc.integer({ min: 1, max: 3 * CLUSTER }),
      value: fc.integer({ min: 1, max: 255 }),
    });
    const steps = fc.array(step, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (tables, plan) => {
        const { storage, image } = newImage(tables);
        const model = new Uint8Array(TABLES * PER_TABLE);
        for (const { table, cluster, length, value } of plan) {
          const offset = table * PER_TABLE + cluster * CLUSTER;
          storage.run(writeImage(image, offset, new Uint8Array(length).fill(value)));
          model.fill(value, offset, offset + length);
        }
        for (let table = 0; table < TABLES; table++) {
          const actual = new Uint8Array(9 * CLUSTER);
          storage.run(readImage(image, table * PER_TABLE, actual));
          assertEquals(
            actual,
            model.subarray(table * PER_TABLE, table * PER_TABLE + actual.length),
          );
        }
        const { corruptions, leaks } = storage.run(checkImage(image));
        assertEquals([corruptions, leaks], [0, 0]);
      }),
      { seed, numRuns: 30 },
    );
  });
}

/** Asynchronous storage that holds back the answers to requests of some kind and label. */
class SlowStorage {
  readonly held: (() => void)[] = [];
  holds: (request: Request) => boolean = () => false;
  constructor(readonly storage: RecordingStorage) {}

  async submit(request: Request): Promise<number> {
    const held = this.holds(request);
    // A write that is held back has not reached the disk, a read has seen the old contents.
    const answer = held && request.kind === "write" ? undefined : this.storage.perform(request);
    if (held) await new Promise<void>((resolve) => this.held.push(resolve));
    return answer ?? this.storage.perform(request);
  }

  letGo(): void {
    this.holds = () => false;
    for (const resolve of this.held.splice(0)) resolve();
  }
}

/** An image with clusters in its first two tables, driven asynchronously. */
function openSlow(l2CacheTables: number) {
  const { storage, image: first } = newImage(50);
  storage.run(writeImage(first, 0, new Uint8Array([1])));
  storage.run(writeImage(first, PER_TABLE, new Uint8Array([1])));
  const image = storage.run(openImage({ writable: true, l2CacheTables, skipRepair: true }));
  const slow = new SlowStorage(storage);
  const driver = new AsyncDriver([slow]);
  const read = async (offset: number) => {
    const into = new Uint8Array(1);
    await driver.run(readImage(image, offset, into));
    return into[0];
  };
  const write = (offset: number, value: number) =>
    driver.run(writeImage(image, offset, new Uint8Array([value])));
  const mapped = () => storage.run(checkImage(image)).allocatedClusters;
  return { slow, read, write, mapped };
}

const later = () => new Promise((resolve) => setTimeout(resolve, 0));

for (const l2CacheTables of [50, 1]) {
  Deno.test(
    `a table read before an allocation and delivered after it is not used (cache of ${l2CacheTables})`,
    async () => {
      const { slow, read, write, mapped } = openSlow(l2CacheTables);
      slow.holds = labelled("read", "l2-table");
      const early = read(3 * CLUSTER);
      await later();
      slow.holds = () => false;
      await write(CLUSTER, 7);
      if (l2CacheTables === 1) await read(PER_TABLE); // pushes the changed table out
      slow.letGo();
      assertEquals(await early, 0);
      assertEquals(await read(CLUSTER), 7, "the write was acknowledged");
      await write(2 * CLUSTER, 8);
      assertEquals(await read(CLUSTER), 7);
      assertEquals(mapped(), 4);
    },
  );
}

Deno.test("a table read during its update does not outlive the update", async () => {
  const { slow, read, write, mapped } = openSlow(1);
  slow.holds = labelled("write", "l2-table");
  const writing = write(CLUSTER, 7);
  await later();
  await read(PER_TABLE); // pushes the table that is being changed out
  assertEquals(await read(3 * CLUSTER), 0, "loads the table as it still is on disk");
  slow.letGo();
  await writing;
  assertEquals(await read(CLUSTER), 7);
  await write(2 * CLUSTER, 8);
  assertEquals([await read(CLUSTER), mapped()], [7, 4]);
});

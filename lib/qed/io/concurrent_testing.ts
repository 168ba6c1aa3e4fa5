/** Requests that run together on one image, over storage that completes in a random order. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import type { Operation, Request } from "../../storage/request.ts";
import { AsyncDriver, type AsyncStorage } from "../../storage/run_async.ts";
import { runSync } from "../../storage/run_sync.ts";
import { checkImage } from "../check/check.ts";
import { closeImage, flushImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import { discardImage } from "./discard.ts";
import type { QedImage } from "../image/image.ts";
import { FEATURE } from "../format/layout.ts";
import { openImage } from "../open.ts";
import { readImage } from "./read_image.ts";
import { repairImage } from "../check/repair.ts";
import { writeImage } from "./write.ts";
import { writeZeroes } from "./write_zeroes.ts";

const CLUSTER = 4096;
const PER_TABLE = 512 * CLUSTER;
const DISK = 2 * PER_TABLE;
/** The window of the requests: the end of the first L2 table and the start of the second. */
const WINDOW_START = PER_TABLE - 6 * CLUSTER;
const WINDOW_BYTES = 10 * CLUSTER;

/** A request of the guest; offsets are relative to the window. */
export interface GuestRequest {
  readonly kind: "read" | "write" | "zeroes" | "discard" | "flush";
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** The number of storage requests that complete before it is made. */
  readonly delay: number;
}

/** Clusters of the window that hold data before, if the image is damaged; two in each table. */
const PREPARED = [1, 4, 7, 9];
/** A cluster of the window whose entry is then invalid. */
const DEAD = 3;
/** One whose entry points at the first prepared cluster, and one that does at the third. */
const SHARED = [8, 6];

/** Many requests, the order in which storage completes theirs, and the size of the cache. */
export const TOGETHER = fc.record({
  requests: fc.array(
    fc.record({
      kind: fc.constantFrom("read", "write", "write", "write", "zeroes", "discard", "flush"),
      offsetBytes: fc.nat(WINDOW_BYTES - 1),
      lengthBytes: fc.integer({ min: 1, max: 3 * CLUSTER }),
      delay: fc.constantFrom(0, 0, 0, 1, 3),
    }) as fc.Arbitrary<GuestRequest>,
    { minLength: 2, maxLength: 12 },
  ),
  order: fc.array(fc.nat(1000), { minLength: 1, maxLength: 80 }),
  l2CacheTables: fc.constantFrom(1, 50),
  /** Whether the image is dirty and damaged, and is repaired while the requests run. */
  isDamaged: fc.boolean(),
});
/** One set of requests. */
export type Together = typeof TOGETHER extends fc.Arbitrary<infer T> ? T : never;

/** Storage in memory whose requests take effect only when the test completes them. */
class HeldStorage implements AsyncStorage {
  readonly memory: MemoryStorage;
  readonly pending: { request: Request; resolve: (answer: number) => void }[] = [];
  /** The contents at the last flush, as a crash would leave them. */
  durable: Uint8Array;
  /** Whether two writes of tables or the header were ever in flight together. */
  changedTablesTogether = false;

  constructor(memory: MemoryStorage) {
    this.memory = memory;
    this.durable = memory.toBytes();
  }

  submit(request: Request): Promise<number> {
    return new Promise((resolve) => {
      this.pending.push({ request, resolve });
      const changes = this.pending.filter(({ request }) =>
        request.kind === "write" && request.label !== "data"
      );
      this.changedTablesTogether ||= changes.length > 1;
    });
  }

  complete(index: number): void {
    const [{ request, resolve }] = this.pending.splice(index, 1);
    const answer = this.memory.perform(request);
    if (request.kind === "flush") this.durable = this.memory.toBytes();
    resolve(answer);
  }
}

/** Run everything that does not wait for storage. */
async function settle(): Promise<void> {
  for (let i = 0; i < 25; i++) await Promise.resolve();
}

/** Run requests together; throws where the result is not that of one after the other. */
export async function runTogether(
  plan: Together,
  inject: (image: QedImage) => void = () => {},
): Promise<void> {
  const memory = new MemoryStorage();
  runSync(createImage({ imageBytes: DISK, clusterBytes: CLUSTER, tableClusters: 1 }), [memory]);
  const { l2CacheTables, isDamaged } = plan;
  if (isDamaged) damage(memory);
  const opening = openImage({ writable: true, l2CacheTables, skipRepair: true });
  const image = runSync(opening, [memory]);
  inject(image);
  const storage = new HeldStorage(memory);
  const driver = new AsyncDriver([storage]);
  const guest = new Guest(image, driver, storage);
  if (isDamaged) guest.expectPrepared();
  let at = 0;
  const completeOne = async () => {
    const { length } = storage.pending;
    if (length > 0) storage.complete(plan.order[at++ % plan.order.length] % length);
    await settle();
  };
  const under: Promise<unknown>[] = [];
  if (isDamaged) {
    under.push(
      driver.run(image.withAllocationLock(repairImage(image, { corruptions: true, leaks: false }))),
    );
  }
  for (const request of plan.requests) {
    for (let i = 0; i < request.delay; i++) await completeOne();
    under.push(guest.ask(request));
  }
  await settle();
  while (storage.pending.length > 0) await completeOne();
  await Promise.all(under);

  assertEquals(storage.changedTablesTogether, false, "two allocations at a time");
  const now = new Uint8Array(WINDOW_BYTES);
  runSync(readImage(image, WINDOW_START, now), [memory]);
  assertEquals(now, guest.disk, "the final contents");
  const { corruptions, checkErrors } = runSync(checkImage(image), [memory]);
  assertEquals([corruptions, checkErrors], [0, 0]);
  runSync(closeImage(image), [memory]);
}

/** Data in both tables, entries that are dead or shared, NEED_CHECK. */
function damage(memory: MemoryStorage): void {
  const image = runSync(openImage({ writable: true }), [memory]);
  for (const cluster of PREPARED) {
    const bytes = new Uint8Array(CLUSTER).fill(100 + cluster);
    runSync(writeImage(image, WINDOW_START + cluster * CLUSTER, bytes), [memory]);
  }
  runSync(closeImage(image), [memory]);
  const view = new DataView(memory.toBytes().buffer);
  const placeOf = (cluster: number) => {
    const guestBytes = WINDOW_START + cluster * CLUSTER;
    const l1Place = CLUSTER + 8 * Math.floor(guestBytes / PER_TABLE);
    return Number(view.getBigUint64(l1Place, true)) + guestBytes % PER_TABLE / CLUSTER * 8;
  };
  const set = (offsetBytes: number, value: bigint) => {
    const bytes = new Uint8Array(new BigUint64Array([value]).buffer);
    memory.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "damage" });
  };
  set(placeOf(DEAD), BigInt(memory.sizeBytes));
  set(placeOf(SHARED[0]), view.getBigUint64(placeOf(PREPARED[0]), true));
  set(placeOf(SHARED[1]), view.getBigUint64(placeOf(PREPARED[2]), true));
  set(16, FEATURE.NEED_CHECK);
}

/** Makes requests and checks their results. */
class Guest {
  /** The window after sequential execution of all requests made so far. */
  readonly disk = new Uint8Array(WINDOW_BYTES);
  readonly #image: QedImage;
  readonly #driver: AsyncDriver;
  readonly #storage: HeldStorage;
  /** The number of the request that last changed each byte. */
  readonly #changedBy = new Uint32Array(WINDOW_BYTES);
  readonly #acknowledged = new Set<number>();
  #number = 0;

  constructor(image: QedImage, driver: AsyncDriver, storage: HeldStorage) {
    this.#image = image;
    this.#driver = driver;
    this.#storage = storage;
  }

  /**
   * What {@linkcode damage} leaves once it is repaired. Of two entries of one table that share a
   * cluster the first one keeps it.
   */
  expectPrepared(): void {
    for (const cluster of PREPARED) this.#fill(cluster, 100 + cluster);
    this.#fill(SHARED[1], 100 + PREPARED[2]);
    this.#fill(PREPARED[2], 0);
  }

  #fill(cluster: number, value: number): void {
    this.disk.fill(value, cluster * CLUSTER, (cluster + 1) * CLUSTER);
  }

  /** Whether an unchanged byte may show the data of the cluster's other owner. */
  #isShared(at: number): boolean {
    const cluster = Math.floor(at / CLUSTER);
    return SHARED.includes(cluster) || cluster === PREPARED[2];
  }

  async ask(request: GuestRequest): Promise<void> {
    const number = ++this.#number;
    let { offsetBytes: start } = request;
    let end = Math.min(start + request.lengthBytes, WINDOW_BYTES);
    if (request.kind === "discard") {
      // Parts of clusters may stay unchanged.
      start = Math.floor(start / CLUSTER) * CLUSTER;
      end = Math.ceil(end / CLUSTER) * CLUSTER;
    }
    const at = WINDOW_START + start;
    const length = end - start;
    switch (request.kind) {
      case "read": {
        const into = new Uint8Array(length);
        const expected = this.disk.slice(start, end);
        const changedBy = this.#changedBy.slice(start, end);
        await this.#driver.run(readImage(this.#image, at, into));
        for (let i = 0; i < length; i++) {
          if (changedBy[i] === 0 && this.#isShared(start + i)) into[i] = expected[i];
        }
        assertEquals(into, expected, `request ${number} reads`);
        return;
      }
      case "flush":
        return await this.#flush(number);
      case "write": {
        const bytes = new Uint8Array(length).fill(number);
        return await this.#change(number, bytes, start, writeImage(this.#image, at, bytes));
      }
      case "zeroes": {
        const operation = writeZeroes(this.#image, at, length);
        return await this.#change(number, new Uint8Array(length), start, operation);
      }
      case "discard": {
        const operation = discardImage(this.#image, at, length);
        return await this.#change(number, new Uint8Array(length), start, operation);
      }
    }
  }

  async #change(
    number: number,
    bytes: Uint8Array,
    start: number,
    operation: Operation<void>,
  ): Promise<void> {
    this.disk.set(bytes, start);
    this.#changedBy.fill(number, start, start + bytes.length);
    await this.#driver.run(operation);
    this.#acknowledged.add(number);
  }

  /** Data acknowledged before a flush, and not changed since, must survive a crash. */
  async #flush(number: number): Promise<void> {
    const covered = new Set(this.#acknowledged);
    await this.#driver.run(flushImage(this.#image));
    const file = [new MemoryStorage(this.#storage.durable)];
    const image = runSync(openImage({ writable: true }), file);
    const found = new Uint8Array(WINDOW_BYTES);
    runSync(readImage(image, WINDOW_START, found), file);
    for (let i = 0; i < WINDOW_BYTES; i++) {
      if (!covered.has(this.#changedBy[i]) || found[i] === this.disk[i]) continue;
      throw new Error(`flush ${number} lost byte ${i} of request ${this.#changedBy[i]}`);
    }
  }
}

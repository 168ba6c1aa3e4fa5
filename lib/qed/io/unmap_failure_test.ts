/** What is left of an image after a request of an operation that unmaps or copies has failed. */
import { assertEquals, assertGreater, assertInstanceOf, assertRejects } from "@std/assert";
import { failNth, RecordingStorage } from "../../../test_support/recording.ts";
import type { Operation, Request } from "../../storage/request.ts";
import { AsyncDriver } from "../../storage/run_async.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { GuestModel } from "./guest_model.ts";
import { closeImage, flushImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import { discardImage } from "./discard.ts";
import { FormatError, ImageError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { nextExtent } from "./extents.ts";
import { openImage } from "../open.ts";
import { populateImage } from "./populate.ts";
import { type OrderingProfile, STRICT } from "../format/profile.ts";
import { readImage } from "./read_image.ts";
import { CLUSTER, SmallImage } from "./unmapping_testing.ts";
import { writeImage } from "./write.ts";
import { writeZeroes } from "./write_zeroes.ts";

const EAGER: OrderingProfile = { ...STRICT, name: "strict, eager", reuseBatchClusters: 1 };
const CLUSTERS = 24;
const BACKING = new Uint8Array(20 * CLUSTER).fill(0xbb);

type Kind = "write" | "zero" | "discard" | "populate" | "flush" | "close";
type Step = readonly [kind: Kind, firstCluster: number, clusterCount: number];

/** Clusters are freed at the end and before it, used again, and freed once more. */
const STEPS: readonly Step[] = [
  ["write", 0, 8],
  ["discard", 1, 3],
  ["write", 10, 2],
  ["flush", 0, 0],
  ["write", 12, 1],
  ["zero", 6, 4],
  ["populate", 14, 5],
  ["write", 6, 3],
  ["discard", 0, CLUSTERS],
  ["flush", 0, 0],
  ["write", 3, 2],
  ["discard", 3, 2],
  ["close", 0, 0],
];

function operationOf(image: QedImage, step: Step, bytes: Uint8Array): Operation<void> {
  const [kind, firstCluster] = step;
  const offset = firstCluster * CLUSTER;
  switch (kind) {
    case "write":
      return writeImage(image, offset, bytes);
    case "zero":
      return writeZeroes(image, offset, bytes.length);
    case "discard":
      return discardImage(image, offset, bytes.length);
    case "populate":
      return populateImage(image, offset, bytes.length);
    case "flush":
      return flushImage(image);
    case "close":
      return closeImage(image);
  }
}

/** The model's side of a step. */
function applyTo(disk: GuestModel, [kind, firstCluster]: Step, bytes: Uint8Array): void {
  const offset = firstCluster * CLUSTER;
  if (kind === "write") disk.write(offset, bytes);
  else if (kind === "zero") disk.zero(offset, bytes.length);
  else if (kind === "discard") disk.discard(offset, bytes.length);
  else if (kind === "populate") disk.touch(offset, bytes.length);
}

/** Play the steps. Answers the first failure, and the clusters that failures have left open. */
function play(small: SmallImage, disk: GuestModel): { failure: unknown; open: Set<number> } {
  let failure: unknown;
  const open = new Set<number>();
  STEPS.forEach((step, index) => {
    const [kind, firstCluster, clusterCount] = step;
    const clusters = Array.from({ length: clusterCount }, (_, i) => firstCluster + i);
    const bytes = new Uint8Array(clusterCount * CLUSTER).fill(index + 1);
    try {
      small.run(operationOf(small.image, step, bytes));
      applyTo(disk, step, bytes);
      // It depends on what failed before whether there was anything to discard.
      if (kind !== "discard") clusters.forEach((cluster) => open.delete(cluster));
    } catch (error) {
      failure ??= error;
      // Refused before anything happened, or cut off in the middle.
      if (error instanceof ImageError) return assertInstanceOf(error.cause, StorageError);
      assertInstanceOf(error, StorageError);
      if (kind !== "populate") clusters.forEach((cluster) => open.add(cluster));
      if (kind !== "populate") disk.touch(firstCluster * CLUSTER, bytes.length);
    }
  });
  return { failure, open };
}

for (const [name, backing] of [["alone", undefined], ["over a backing file", BACKING]] as const) {
  for (const code of ["EIO", "ENOSPC"]) {
    Deno.test(`${name}: whichever request fails with ${code}, no other data is lost`, () => {
      const changes = (request: Request) => request.kind !== "read" && request.kind !== "size";
      for (let index = 0;; index++) {
        const imageBytes = CLUSTERS * CLUSTER;
        const small = new SmallImage({ profile: EAGER, imageBytes, ...(backing && { backing }) });
        const disk = new GuestModel({
          ...{ imageBytes, clusterBytes: CLUSTER, backing, hasZeroClusters: true },
        });
        small.storage.fault = failNth(index, code, changes);
        const { failure, open } = play(small, disk);
        small.reopen();
        assertEquals(small.check().corruptions, 0, `request ${index}`);
        const seen = new Uint8Array(imageBytes);
        small.run(readImage(small.image, 0, seen));
        const wrong = seen.findIndex((byte, at) =>
          byte !== disk.bytes[at] && !open.has(Math.floor(at / CLUSTER))
        );
        assertEquals(wrong, -1, `request ${index}: guest byte ${wrong}`);
        if (failure) continue;
        assertGreater(index, 25, "there were requests to fail");
        break;
      }
    });
  }
}

Deno.test("a table that is read again meanwhile is up to date, also if a later slice fails", async () => {
  // An L2 table of four slices; the last one has an invalid entry.
  const clusterBytes = 65536;
  const perTable = 4 * clusterBytes / 8 * clusterBytes;
  const storage = new RecordingStorage();
  const imageBytes = 2 * perTable;
  storage.run(createImage({ imageBytes, clusterBytes, tableClusters: 4 }));
  const opening = { writable: true, l2CacheTables: 1, profile: EAGER };
  const before = storage.run(openImage(opening));
  storage.run(writeImage(before, 0, new Uint8Array([1])));
  storage.run(writeImage(before, perTable, new Uint8Array([2])));
  storage.run(closeImage(before));
  const image = storage.run(openImage(opening));
  const offsetBytes = image.l1.entry(0) + 8 * 30_000;
  const bytes = new Uint8Array(new BigUint64Array([12345n]).buffer);
  storage.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "damage" });

  const driver = new AsyncDriver([{ submit: async (request) => await storage.perform(request) }]);
  const discarding = driver.run(discardImage(image, 0, perTable));
  // The cache holds one table: the other one drives it out, and it is read again.
  await Promise.all([
    driver.run(readImage(image, perTable, new Uint8Array(1))),
    driver.run(nextExtent(image, 0n)),
    driver.run(readImage(image, perTable + clusterBytes, new Uint8Array(1))),
    driver.run(nextExtent(image, 0n)),
    assertRejects(() => discarding, FormatError),
  ]);
  const into = new Uint8Array([9]);
  storage.run(readImage(image, 0, into));
  assertEquals([into[0], image.free.freed.clusterCount], [0, 1]);
});

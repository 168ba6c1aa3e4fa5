/** What is left of an image after a request of an operation that unmaps or copies has failed. */
import { assertEquals, assertGreater, assertInstanceOf } from "@std/assert";
import { failNth } from "../interop/recording_testing.ts";
import type { Operation, Request } from "../storage/request.ts";
import { StorageError } from "../storage/storage_error.ts";
import { GuestDisk } from "../testing/guest_disk.ts";
import { closeImage, flushImage } from "./close.ts";
import { discardImage } from "./discard.ts";
import { ImageError } from "./format_error.ts";
import type { QedImage } from "./image.ts";
import { populateImage } from "./populate.ts";
import { type OrderingProfile, STRICT } from "./profile.ts";
import { readImage } from "./read.ts";
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
function applyTo(disk: GuestDisk, [kind, firstCluster]: Step, bytes: Uint8Array): void {
  const offset = firstCluster * CLUSTER;
  if (kind === "write") disk.write(offset, bytes);
  else if (kind === "zero") disk.zero(offset, bytes.length);
  else if (kind === "discard") disk.discard(offset, bytes.length);
  else if (kind === "populate") disk.touch(offset, bytes.length);
}

/** Play the steps. Answers the first failure, and the clusters that failures have left open. */
function play(small: SmallImage, disk: GuestDisk): { failure: unknown; open: Set<number> } {
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
        const disk = new GuestDisk({
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

/** What is left of an image, and what it still does, after a request has failed. */
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { failNth, labelled, RecordingStorage } from "../../../test_support/recording.ts";
import type { Request } from "../../storage/request.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { checkImage } from "../check/check.ts";
import { closeImage, flushImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import { ImageError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { openImage } from "../open.ts";
import { type OrderingProfile, QEMU, STRICT } from "../format/profile.ts";
import { readImage } from "./read_image.ts";
import { writeImage } from "./write.ts";

const CLUSTER = 4096;
const PER_TABLE = 512 * CLUSTER;
const IMAGE_BYTES = PER_TABLE + 8 * CLUSTER;

class Disk {
  readonly storage = new RecordingStorage();
  image: QedImage;

  constructor(readonly profile: OrderingProfile = STRICT) {
    this.storage.run(createImage({
      imageBytes: IMAGE_BYTES,
      clusterBytes: CLUSTER,
      tableClusters: 1,
    }));
    this.image = this.reopen();
  }

  reopen(): QedImage {
    this.storage.fault = () => undefined;
    return this.image = this.storage.run(openImage({ writable: true, profile: this.profile }));
  }

  write(offset: number, value: number, length = 1): void {
    this.storage.run(writeImage(this.image, offset, new Uint8Array(length).fill(value)));
  }

  read(offset: number): number {
    const into = new Uint8Array(1);
    this.storage.run(readImage(this.image, offset, into));
    return into[0];
  }

  needCheckOnDisk(): boolean {
    return (this.storage.memory.toBytes()[16] & 2) !== 0;
  }

  corruptions(): number {
    return this.storage.run(checkImage(this.image)).corruptions;
  }

  /** Write with `code` for the first request that `applies` picks. */
  failingWrite(offset: number, code: string, applies: (request: Request) => boolean): StorageError {
    this.storage.fault = failNth(0, code, applies);
    const error = assertThrows(() => this.write(offset, 99), StorageError);
    this.storage.fault = () => undefined;
    assertEquals(error.code, code);
    return error;
  }
}

for (const label of ["data", "new-l2-table"]) {
  Deno.test(`ENOSPC for ${label} of an allocating write: the write is lost, the image stays usable`, () => {
    const disk = new Disk();
    disk.write(0, 1);
    disk.failingWrite(PER_TABLE, "ENOSPC", labelled("write", label));
    assertEquals(disk.image.failure, undefined);
    assertEquals([disk.read(0), disk.read(PER_TABLE)], [1, 0]);
    disk.write(1, 2);
    assertEquals(disk.read(1), 2, "in place there is space");
    disk.write(PER_TABLE, 3);
    disk.write(CLUSTER, 4);
    assertEquals(disk.corruptions(), 0);
    disk.storage.run(closeImage(disk.image));
    assertEquals(disk.needCheckOnDisk(), false);
    disk.reopen();
    const values = [0, 1, CLUSTER, PER_TABLE].map((at) => disk.read(at));
    assertEquals(values, [1, 2, 4, 3]);
    assertEquals(disk.corruptions(), 0);
  });
}

Deno.test("a disk that stays full fails every allocation in the same way, and loses nothing", () => {
  const disk = new Disk();
  disk.write(0, 1);
  const full = disk.storage.memory.sizeBytes;
  disk.storage.fault = (request) =>
    request.kind === "write" && request.offsetBytes + request.bytes.length > full
      ? "ENOSPC"
      : undefined;
  for (const offset of [CLUSTER, 2 * CLUSTER, PER_TABLE, CLUSTER]) {
    assertEquals(assertThrows(() => disk.write(offset, 9), StorageError).code, "ENOSPC");
  }
  disk.write(1, 2);
  disk.storage.run(closeImage(disk.image));
  disk.reopen();
  assertEquals([disk.read(0), disk.read(1), disk.read(CLUSTER)], [1, 2, 0]);
  const { corruptions, leaks } = disk.storage.run(checkImage(disk.image));
  assertEquals([corruptions, leaks], [0, 0]);
});

Deno.test("EIO of an in-place write is reported to the guest, and has no other effect", () => {
  const disk = new Disk();
  disk.write(0, 1);
  disk.failingWrite(0, "EIO", labelled("write", "data"));
  disk.write(0, 2);
  disk.write(PER_TABLE, 3);
  assertEquals([disk.read(0), disk.read(PER_TABLE)], [2, 3]);
});

/** After these the state on disk is unknown. */
const STOPPING: [string, number, (request: Request) => boolean][] = [
  ["the write that sets NEED_CHECK", 0, labelled("write", "header")],
  ["an L2 update", CLUSTER, labelled("write", "l2-table")],
  ["the flush of a new L2 table", PER_TABLE, (request) => request.kind === "flush"],
  ["an L1 update", PER_TABLE, labelled("write", "l1-table")],
];

for (const [what, offset, applies] of STOPPING) {
  Deno.test(`after a failure of ${what} the image takes no writes and keeps NEED_CHECK`, () => {
    const disk = new Disk();
    if (offset > 0) disk.write(0, 1);
    const error = disk.failingWrite(offset, "EIO", applies);
    assertEquals(disk.read(offset), 0, "the old contents are still what is read");

    const before = disk.storage.memory.toBytes();
    for (
      const attempt of [() => disk.write(0, 5), () => disk.storage.run(flushImage(disk.image))]
    ) {
      const refused = assertThrows(attempt, ImageError, "takes no more writes");
      assertEquals(refused.cause, error);
    }
    disk.storage.run(closeImage(disk.image));
    assertEquals(disk.storage.memory.toBytes(), before, "closing writes nothing");
    assertEquals(disk.needCheckOnDisk(), offset > 0);

    disk.reopen();
    assertEquals([disk.needCheckOnDisk(), disk.corruptions()], [false, 0]);
    disk.write(offset, 6);
    assertEquals([disk.read(0), disk.read(offset)], [offset > 0 ? 1 : 6, 6]);
  });
}

Deno.test("after a failed guest flush no write is taken: the writes it covered may be lost", () => {
  const disk = new Disk();
  disk.write(0, 1);
  disk.storage.fault = failNth(0, "EIO", (request) => request.kind === "flush");
  const error = assertThrows(() => disk.storage.run(flushImage(disk.image)), StorageError);
  assertEquals(disk.image.failure, error);
  assertThrows(() => disk.write(0, 2), ImageError, "flush (guest) failed: EIO");
  disk.storage.run(closeImage(disk.image));
  assertEquals(disk.needCheckOnDisk(), true);
});

for (const [step, index] of [["first flush", 0], ["second flush", 1]] as const) {
  Deno.test(`a failure of the ${step} of closing is reported`, () => {
    const disk = new Disk();
    disk.write(0, 1);
    disk.storage.fault = failNth(index, "EIO", (request) => request.kind === "flush");
    assertThrows(() => disk.storage.run(closeImage(disk.image)), StorageError);
    assertEquals(disk.needCheckOnDisk(), index === 0);
  });
}

Deno.test("a failed read is reported, and tried again the next time", () => {
  const disk = new Disk();
  disk.write(0, 1);
  disk.storage.run(closeImage(disk.image));
  disk.reopen();
  disk.storage.fault = failNth(0, "EIO", labelled("read", "l2-table"));
  assertThrows(() => disk.read(0), StorageError, "EIO");
  assertEquals(disk.read(0), 1);
  disk.storage.fault = failNth(0, "EIO", labelled("read", "data"));
  assertThrows(() => disk.read(0), StorageError, "EIO");
  assertEquals(disk.read(0), 1);
  disk.write(0, 2);
  assertEquals(disk.read(0), 2);
});

/** First and later allocations, two tables, in place, across clusters, flush, close. */
const STEPS: readonly (readonly [offset: number, length: number] | "flush" | "close")[] = [
  [100, 10],
  [CLUSTER * 3 - 5, CLUSTER + 10],
  "flush",
  [PER_TABLE - 10, 20],
  [50, 100],
  [PER_TABLE + CLUSTER, 2 * CLUSTER],
  "close",
];

/**
 * Play the steps with the failure of one request. Answers what the guest may assume: bytes that
 * must be as they are here, and bytes (-1) that a failed write has left open.
 */
function play(disk: Disk, expected: Int16Array): unknown {
  let failure: unknown;
  STEPS.forEach((step, index) => {
    try {
      if (step === "flush") return disk.storage.run(flushImage(disk.image));
      if (step === "close") return disk.storage.run(closeImage(disk.image));
      const [offset, length] = step;
      const range = expected.subarray(offset, offset + length);
      const before = range.slice();
      range.fill(-1);
      try {
        disk.write(offset, index + 1, length);
        range.fill(index + 1);
      } catch (error) {
        if (error instanceof ImageError) range.set(before); // refused before anything happened
        throw error;
      }
    } catch (error) {
      if (error instanceof ImageError) assertInstanceOf(error.cause, StorageError);
      else assertInstanceOf(error, StorageError);
      failure ??= error;
    }
  });
  return failure;
}

for (const profile of [STRICT, QEMU]) {
  for (const code of ["EIO", "ENOSPC"]) {
    Deno.test(`${profile.name}: whichever request fails with ${code}, no other data is lost`, () => {
      const changes = (request: Request) => request.kind !== "read" && request.kind !== "size";
      for (let index = 0;; index++) {
        const disk = new Disk(profile);
        disk.storage.fault = failNth(index, code, changes);
        const expected = new Int16Array(IMAGE_BYTES);
        const failure = play(disk, expected);
        disk.reopen();
        assertEquals([disk.corruptions(), disk.image.needsCheck], [0, false], `request ${index}`);
        const actual = new Uint8Array(expected.length);
        disk.storage.run(readImage(disk.image, 0, actual));
        const wrong = expected.findIndex((value, at) => value >= 0 && value !== actual[at]);
        assertEquals(wrong, -1, `request ${index}: guest byte ${wrong}`);
        if (!failure) {
          assertEquals(index > 15, true, "there were requests to fail");
          break;
        }
      }
    });
  }
}

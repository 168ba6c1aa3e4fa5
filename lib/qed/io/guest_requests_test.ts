/** Random guests: writes, zeroes, discards and more, against a plain array of bytes. */
import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type ImageShape,
  patternBytes,
  rangeOn,
  rangePicks,
} from "../../../test_support/random_images.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { GuestModel } from "./guest_model.ts";
import { sized } from "../../../test_support/long.ts";
import { seededTest } from "../../../test_support/seeds.ts";
import { BufferPool, FRESH_BUFFERS } from "../format/buffers.ts";
import { checkImage } from "../check/check.ts";
import { closeImage, flushImage, settleImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import { discardImage } from "./discard.ts";
import { emptyImage } from "../reshape/empty_image.ts";
import type { QedImage } from "../image/image.ts";
import type { HeaderLayout } from "../format/layout.ts";
import { openImage } from "../open.ts";
import { populateImage } from "./populate.ts";
import { type OrderingProfile, QEMU, RFC, STRICT, UNORDERED } from "../format/profile.ts";
import { readImage } from "./read_image.ts";
import { writeImage } from "./write.ts";
import { writeZeroes } from "./write_zeroes.ts";

/** Guests for each seed. */
const RUNS = sized({ short: 80, long: 300 });
/** But for its bug: what a zero cluster hides comes back. */
const LIKE_QEMU: OrderingProfile = { ...QEMU, name: "like qemu", fillsZeroesFromBacking: false };
/** Reuses freed clusters at once. */
const EAGER: OrderingProfile = { ...STRICT, name: "strict, eager", reuseBatchClusters: 1 };

const shapes: fc.Arbitrary<ImageShape & { layout: HeaderLayout }> = fc.record({
  clusterBytes: fc.constantFrom(4096, 8192),
  tableClusters: fc.constantFrom(1, 1, 2),
  clusters: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 30 }) },
    { weight: 1, arbitrary: fc.integer({ min: 505, max: 600 }) },
  ),
  odd: fc.nat(7),
  layout: fc.constantFrom("final", "final", "rfc"),
}).map(({ clusterBytes, tableClusters, clusters, odd, layout }) => ({
  clusterBytes,
  tableClusters,
  imageBytes: clusters * clusterBytes - (layout === "final" ? odd * 512 : 0),
  layout,
}));

const STEP = fc.record({
  kind: fc.constantFrom<
    ("write" | "zero" | "discard" | "populate" | "flush" | "settle" | "reopen" | "empty")[]
  >(
    "write",
    "write",
    "write",
    "zero",
    "zero",
    "discard",
    "discard",
    "discard",
    "populate",
    "flush",
    "settle",
    "reopen",
    "empty",
  ),
  pick: rangePicks(["byte", "sector", "cluster", "cluster"]),
  value: fc.nat(255),
  isWide: fc.nat(5).map((n) => n === 0),
});

const SESSION = fc.record({
  shape: shapes,
  profile: fc.constantFrom(STRICT, EAGER, EAGER, LIKE_QEMU, RFC, UNORDERED),
  backing: fc.record({
    kind: fc.constantFrom("none", "none", "raw", "qed"),
    share: fc.integer({ min: 1, max: 300 }),
  }),
  copiesOnRead: fc.boolean(),
  steps: fc.array(STEP, { minLength: 1, maxLength: 20 }),
  memory: fc.constantFrom(FRESH_BUFFERS, new BufferPool()),
});

type Session = typeof SESSION extends fc.Arbitrary<infer T> ? T : never;

function assertSame(actual: Uint8Array, expected: Uint8Array, offsetBytes: number): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assertEquals(actual[at], expected[at], `guest byte ${offsetBytes + at}`);
}

/** An image, its files and the model of its disk. */
class Subject {
  readonly files: MemoryStorage[] = [new MemoryStorage()];
  readonly disk: GuestModel;
  image: QedImage;
  readonly #session: Session;
  readonly #backing: Uint8Array | undefined;

  constructor(session: Session) {
    this.#session = session;
    const { shape, backing: { kind, share } } = session;
    if (kind !== "none") {
      const sectors = Math.max(1, Math.floor(shape.imageBytes * share / 256 / 512));
      this.#backing = patternBytes(77, sectors * 512);
      // Half of it is holes.
      for (let at = 0; at < this.#backing.length; at += 20000) {
        this.#backing.fill(0, at, at + 10000);
      }
      this.files.push(new MemoryStorage(kind === "raw" ? this.#backing : undefined));
      if (kind === "qed") this.#fillQed(this.#backing);
    }
    this.disk = this.#newDisk();
    const named = kind !== "none" && { backing: { name: "base", isRaw: kind === "raw" } };
    runSync(createImage({ ...shape, ...named }), this.files);
    this.image = this.open();
  }

  #newDisk(): GuestModel {
    const { shape } = this.#session;
    return new GuestModel({
      ...shape,
      backing: this.#backing,
      hasZeroClusters: shape.layout === "final",
    });
  }

  #fillQed(bytes: Uint8Array): void {
    const { clusterBytes } = this.#session.shape;
    runSync(
      createImage({ file: 1, imageBytes: bytes.length, clusterBytes, tableClusters: 1 }),
      this.files,
    );
    const image = runSync(openImage({ file: 1, writable: true, profile: UNORDERED }), this.files);
    for (let at = 0; at < bytes.length; at += 5000) {
      const piece = bytes.subarray(at, at + 5000);
      if (piece.some((byte) => byte !== 0)) runSync(writeImage(image, at, piece), this.files);
    }
    runSync(closeImage(image), this.files);
  }

  open(): QedImage {
    const { shape, profile, backing, memory, copiesOnRead } = this.#session;
    const image = runSync(
      openImage({ writable: true, layout: shape.layout, profile, buffers: memory }),
      this.files,
    );
    if (backing.kind === "raw") {
      image.backing = { kind: "raw", file: 1, sizeBytes: this.files[1].sizeBytes };
    } else if (backing.kind === "qed") {
      image.backing = {
        kind: "qed",
        image: runSync(openImage({ file: 1, layout: "final" }), this.files),
      };
    }
    image.copiesOnRead = copiesOnRead;
    return image;
  }

  perform({ kind, pick, value, isWide }: Session["steps"][number]): void {
    const { shape } = this.#session;
    const range = rangeOn(shape, pick);
    const offsetBytes = isWide ? Math.floor(range.offsetBytes / 2) : range.offsetBytes;
    const lengthBytes = isWide && kind !== "write"
      ? Math.min(shape.imageBytes - offsetBytes, range.lengthBytes + shape.imageBytes / 2)
      : range.lengthBytes;
    switch (kind) {
      case "write": {
        const bytes = patternBytes(value, lengthBytes);
        this.disk.write(offsetBytes, bytes);
        return runSync(writeImage(this.image, offsetBytes, bytes), this.files);
      }
      case "zero":
        this.disk.zero(offsetBytes, lengthBytes);
        return runSync(writeZeroes(this.image, offsetBytes, lengthBytes), this.files);
      case "discard":
        this.disk.discard(offsetBytes, lengthBytes);
        return runSync(discardImage(this.image, offsetBytes, lengthBytes), this.files);
      case "populate":
        this.disk.touch(offsetBytes, lengthBytes);
        return runSync(populateImage(this.image, offsetBytes, lengthBytes), this.files);
      case "flush":
        return runSync(flushImage(this.image), this.files);
      case "settle":
        return runSync(settleImage(this.image), this.files);
      case "reopen":
        runSync(closeImage(this.image), this.files);
        this.image = this.open();
        return;
      case "empty": {
        if (value > 80) return;
        runSync(emptyImage(this.image), this.files);
        assertEquals(this.image.endBytes, (1 + shape.tableClusters) * shape.clusterBytes);
        this.disk.reset();
        return;
      }
    }
  }

  /** All of the disk is as in the model, and the tables are sound. */
  assertSound(): void {
    const { shape } = this.#session;
    const { corruptions, checkErrors } = runSync(checkImage(this.image), this.files);
    assertEquals([corruptions, checkErrors], [0, 0]);
    const seen = new Uint8Array(shape.imageBytes);
    this.image.copiesOnRead = false;
    runSync(readImage(this.image, 0, seen), this.files);
    assertSame(seen, this.disk.bytes, 0);
    this.image.copiesOnRead = this.#session.copiesOnRead;
  }

  readSome(pick: Session["steps"][number]["pick"]): void {
    const { offsetBytes, lengthBytes } = rangeOn(this.#session.shape, pick);
    const into = new Uint8Array(lengthBytes);
    runSync(readImage(this.image, offsetBytes, into), this.files);
    assertSame(into, this.disk.bytes.subarray(offsetBytes, offsetBytes + lengthBytes), offsetBytes);
    if (this.image.copiesOnRead) this.disk.touch(offsetBytes, lengthBytes);
  }
}

seededTest("after any guest requests the image equals a plain array", (seed) => {
  fc.assert(
    fc.property(SESSION, (session) => {
      if (session.memory instanceof BufferPool) session.memory.recycle();
      const subject = new Subject(session);
      for (const step of session.steps) {
        subject.perform(step);
        subject.readSome(step.pick);
        subject.assertSound();
      }
      runSync(closeImage(subject.image), subject.files);
      subject.image = subject.open();
      subject.assertSound();
    }),
    { seed, numRuns: RUNS },
  );
});

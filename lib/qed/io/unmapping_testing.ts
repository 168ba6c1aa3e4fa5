/** Small images on recorded storage, for tests of mapping and unmapping clusters. */
import { RecordingStorage } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import type { Operation } from "../../storage/request.ts";
import { checkImage } from "../check/check.ts";
import { createImage } from "../image/create.ts";
import type { QedImage } from "../image/image.ts";
import type { HeaderLayout } from "../format/layout.ts";
import { type Extent, nextExtent } from "./extents.ts";
import { openImage } from "../open.ts";
import { type OrderingProfile, STRICT } from "../format/profile.ts";
import { readImage } from "./read_image.ts";
import { writeImage } from "./write.ts";

/** Bytes of a cluster. */
export const CLUSTER = 4096;
/** Bytes that an L2 table of one cluster maps. */
export const PER_TABLE = 512 * CLUSTER;

/** Options of a {@linkcode SmallImage}. */
export interface SmallImageOptions {
  /** The ordering profile; strict by default. */
  readonly profile?: OrderingProfile;
  /** The contents of a raw backing file. */
  readonly backing?: Uint8Array;
  /** The header layout; final by default. */
  readonly layout?: HeaderLayout;
  /** The size of the disk in bytes; four L2 tables by default. */
  readonly imageBytes?: number;
}

/** An image in memory, with functions to run operations and inspect the result. */
export class SmallImage {
  /** The file of the image. */
  readonly storage = new RecordingStorage();
  /** The image, open for writing. */
  image: QedImage;
  readonly #options: SmallImageOptions;
  readonly #others: readonly MemoryStorage[];

  /** Create and open it. */
  constructor(options: SmallImageOptions = {}) {
    this.#options = options;
    const { backing, layout } = options;
    this.#others = backing ? [new MemoryStorage(backing)] : [];
    this.run(createImage({
      imageBytes: options.imageBytes ?? 4 * PER_TABLE,
      clusterBytes: CLUSTER,
      tableClusters: 1,
      ...(layout && { layout }),
      ...(backing && { backing: { name: "base", isRaw: true } }),
    }));
    this.image = this.reopen();
  }

  /** Open it again, without closing it, and without faults. */
  reopen(): QedImage {
    const { backing, layout, profile } = this.#options;
    this.storage.fault = () => undefined;
    const open = { writable: true, profile: profile ?? STRICT };
    this.image = this.run(openImage({ ...open, ...(layout && { layout }) }));
    if (backing) this.image.backing = { kind: "raw", file: 1, sizeBytes: backing.length };
    this.storage.takeLabels();
    return this.image;
  }

  /** Run an operation. */
  run<T>(operation: Operation<T>): T {
    return this.storage.run(operation, ...this.#others);
  }

  /** Run an operation. Answers the labels of what it asked for. */
  labels(operation: Operation<unknown>): string[] {
    this.storage.takeLabels();
    this.run(operation);
    return this.storage.takeLabels();
  }

  /** Write `length` bytes of `value`. Returns the labels of the requests. */
  write(offset: number, length: number, value = 1): string[] {
    return this.labels(writeImage(this.image, offset, new Uint8Array(length).fill(value)));
  }

  /** The byte at `offset`. */
  byteAt(offset: number): number {
    const into = new Uint8Array(1);
    this.run(readImage(this.image, offset, into));
    return into[0];
  }

  /** The extents of the disk that are not unallocated: first cluster, count and state. */
  extents(): [firstCluster: number, clusterCount: number, state: Extent["state"]][] {
    const { image } = this;
    return this.run((function* (): Operation<ReturnType<SmallImage["extents"]>> {
      const runs: ReturnType<SmallImage["extents"]> = [];
      for (let at = 0n;;) {
        const extent = yield* nextExtent(image, at);
        if (!extent) return runs;
        const { startBytes, lengthBytes, state } = extent;
        at = startBytes + lengthBytes;
        if (state === "unallocated") continue;
        runs.push([Number(startBytes) / CLUSTER, Math.ceil(Number(lengthBytes) / CLUSTER), state]);
      }
    })());
  }

  /** Corruptions and leaked clusters. */
  check(): { corruptions: number; leaks: number } {
    const { corruptions, leaks } = this.run(checkImage(this.image));
    return { corruptions, leaks };
  }

  /** Clusters of the file. */
  get fileClusters(): number {
    return this.storage.memory.sizeBytes / CLUSTER;
  }
}

/** Random backing files, made by this library, and images opened on top of them. */
import fc from "fast-check";
import {
  closeImage,
  createImage,
  FileStorage,
  openImage,
  type OpenOptions,
  type QedImage,
  runSync,
  SECTOR_BYTES,
  writeImage,
} from "../../../lib/mod.ts";
import {
  type ImageShape,
  patternBytes,
  rangeOn,
  type RangePick,
  rangePicks,
} from "../../../test_support/random_images.ts";
import { SparseFile } from "../../../lib/storage/sparse_file.ts";

/** A backing file before it is known how large the image is. */
export interface BackingPlan {
  /** `chain` is a QED image over a raw file. */
  readonly kind: "none" | "raw" | "qed" | "chain";
  /** Its size in 256ths of the image's: shorter or longer. */
  readonly size: number;
  /** A raw file's bytes past the last whole sector. */
  readonly oddBytes: number;
  /** What it holds. */
  readonly writes: readonly { readonly pick: RangePick; readonly value: number }[];
}

/** Plans for backing files; half of the images have none. */
export const backingPlans: fc.Arbitrary<BackingPlan> = fc.record({
  kind: fc.constantFrom("none", "none", "none", "raw", "raw", "qed", "chain"),
  size: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant(256)),
  oddBytes: fc.oneof(fc.constant(0), fc.nat(511)),
  writes: fc.array(
    fc.record({ pick: rangePicks(["byte", "cluster"]), value: fc.integer({ min: 1, max: 255 }) }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** A backing file that exists. */
export interface Backing {
  /** Its name; it lies beside the image. */
  readonly name: string;
  /** How an image refers to it. */
  readonly format: "raw" | "qed";
  /** What it holds. */
  readonly disk: SparseFile;
  /** Its own backing file. */
  readonly next?: Backing;
}

/** Write the planned backing file into directory `dir`. */
export function makeBacking(
  dir: string,
  options: { readonly plan: BackingPlan; readonly shape: ImageShape },
): Backing | undefined {
  const { plan, shape } = options;
  if (plan.kind === "none") return undefined;
  const wanted = Math.floor(shape.imageBytes * plan.size / 256);
  const sectors = Math.max(1, Math.floor(wanted / SECTOR_BYTES));
  const raw = plan.kind === "raw" || plan.kind === "chain";
  const sizeBytes = sectors * SECTOR_BYTES + (raw ? plan.oddBytes : 0);
  const inBacking = { ...shape, imageBytes: sizeBytes };
  const writes = plan.writes.map(({ pick, value }) => {
    const { offsetBytes, lengthBytes } = rangeOn(inBacking, pick);
    return { offsetBytes, bytes: patternBytes(value, lengthBytes) };
  });
  if (plan.kind === "raw") return saveRaw(dir, sizeBytes, writes);
  if (plan.kind === "qed") return saveQed(dir, { ...shape, imageBytes: sizeBytes }, writes);
  const half = Math.ceil(writes.length / 2);
  const next = saveRaw(dir, sizeBytes, writes.slice(0, half));
  const above = Math.max(SECTOR_BYTES, sectors * SECTOR_BYTES);
  return saveQed(
    dir,
    { ...shape, imageBytes: above },
    writes.slice(half).filter(({ offsetBytes, bytes }) => offsetBytes + bytes.length <= above),
    next,
  );
}

type Write = { readonly offsetBytes: number; readonly bytes: Uint8Array };

function saveRaw(dir: string, sizeBytes: number, writes: readonly Write[]): Backing {
  const disk = new SparseFile(sizeBytes);
  for (const { offsetBytes, bytes } of writes) disk.write(offsetBytes, bytes);
  disk.save(`${dir}/base.raw`);
  return { name: "base.raw", format: "raw", disk };
}

function saveQed(
  dir: string,
  shape: ImageShape,
  writes: readonly Write[],
  next?: Backing,
): Backing {
  const disk = new SparseFile(shape.imageBytes, next?.disk);
  newImage(`${dir}/base.qed`, { shape, backing: next });
  using opened = new OpenedImage(dir, { name: "base.qed", backing: next, writable: true });
  for (const { offsetBytes, bytes } of writes) {
    disk.write(offsetBytes, bytes);
    runSync(writeImage(opened.image, offsetBytes, bytes), opened.files);
  }
  runSync(closeImage(opened.image), opened.files);
  return { name: "base.qed", format: "qed", disk, ...(next && { next }) };
}

/** Create an empty image with this library. */
export function newImage(
  path: string,
  options: { readonly shape: ImageShape; readonly backing?: Backing | undefined },
): void {
  const { shape, backing } = options;
  using file = FileStorage.open(path, "create");
  const named = backing && { name: backing.name, isRaw: backing.format === "raw" };
  runSync(createImage({ ...shape, ...(named && { backing: named }) }), [file]);
}

/** How to open an image with its backing files. */
export interface OpenImageOptions extends OpenOptions {
  /** The image's name in the directory. */
  readonly name: string;
  /** Its backing file, in the same directory. */
  readonly backing?: Backing | undefined;
}

/** An image opened with all of its backing files; disposing it closes the files only. */
export class OpenedImage implements Disposable {
  /** The files by slot. */
  readonly files: FileStorage[] = [];
  /** The image in slot 0. */
  readonly image: QedImage;

  /** Open the image `options.name` in directory `dir`. */
  constructor(dir: string, options: OpenImageOptions) {
    const { name, backing, ...open } = options;
    try {
      this.image = this.#open(dir, { ...open, name });
      let top = this.image;
      for (let next = backing; next; next = next.next) {
        if (next.format === "raw") {
          const file = this.files.push(FileStorage.open(`${dir}/${next.name}`, "read-only")) - 1;
          const sizeBytes = this.files[file].perform({ kind: "size", file });
          top.backing = { kind: "raw", file, sizeBytes };
        } else {
          const image = this.#open(dir, { name: next.name });
          top.backing = { kind: "qed", image };
          top = image;
        }
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #open(dir: string, options: OpenOptions & { name: string }): QedImage {
    const { name, ...open } = options;
    const mode = open.writable ? "read-write" : "read-only";
    const file = this.files.push(FileStorage.open(`${dir}/${name}`, mode)) - 1;
    return runSync(openImage({ ...open, file }), this.files);
  }

  /** Close the files, without closing the image: as if the program had been killed. */
  [Symbol.dispose](): void {
    for (const file of this.files) file.close();
  }
}

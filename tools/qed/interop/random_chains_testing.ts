/** Random backing chains on disk, with what their guests must see as plain arrays of bytes. */
import fc from "fast-check";
import {
  closeImage,
  createImage,
  MemoryStorage,
  openImage,
  runSync,
  SECTOR_BYTES,
  writeImage,
  writeZeroes,
} from "../../../lib/mod.ts";
import { patternBytes } from "../../../test_support/random_images.ts";

/** A change of a disk before it is known how large that is. */
export interface ChangePick {
  /** What is done. */
  readonly kind: "write" | "zeroes";
  /** Where, in 4096ths of the disk. */
  readonly place: number;
  /** How many bytes. */
  readonly length: number;
  /** Start and end are rounded to it. */
  readonly unit: 1 | 512 | 4096;
  /** Makes the bytes. */
  readonly value: number;
}

/** One file of a chain before it exists. */
export interface LayerPlan {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table; QEMU opens no table of one. */
  readonly tableClusters: number;
  /** Sectors of the disk. */
  readonly sectors: number;
  /** For the lowest file: bytes short of whole sectors, if it is raw. */
  readonly missingBytes: number;
  /** The folder it lies in. */
  readonly folder: "" | "a/" | "a/b/";
  /** Whether the image on top names it by its absolute path. */
  readonly isAbsolute: boolean;
  /** Whether the image on top takes it for raw, whatever it is. */
  readonly isTakenForRaw: boolean;
  /** What is done to it. */
  readonly changes: readonly ChangePick[];
}

/** A chain before it exists, the lowest file first. */
export interface ChainPlan {
  /** Whether the lowest file is raw. */
  readonly isRawBelow: boolean;
  /** The files; the last one is the image. */
  readonly layers: readonly LayerPlan[];
}

/** Changes of a disk. */
export const changePicks: fc.Arbitrary<ChangePick> = fc.record({
  kind: fc.constantFrom("write", "write", "zeroes"),
  place: fc.nat(4095),
  length: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 40_000 })),
  unit: fc.constantFrom(1, 512, 4096),
  value: fc.integer({ min: 1, max: 255 }),
});

const layerPlans: fc.Arbitrary<LayerPlan> = fc.record({
  clusterBytes: fc.constantFrom(4096, 4096, 8192, 16384, 65536),
  tableClusters: fc.constantFrom(2, 4),
  sectors: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.constant(256)),
  missingBytes: fc.oneof(fc.constant(0), fc.nat(511)),
  folder: fc.constantFrom("", "", "a/", "a/b/"),
  isAbsolute: fc.nat(9).map((n) => n === 0),
  isTakenForRaw: fc.nat(19).map((n) => n === 0),
  changes: fc.array(changePicks, { maxLength: 5 }),
});

/** Chains of up to `maxLayers` files. */
export function chainPlans(maxLayers: number, minLayers = 1): fc.Arbitrary<ChainPlan> {
  return fc.record({
    isRawBelow: fc.boolean(),
    layers: fc.array(layerPlans, { minLength: minLayers, maxLength: maxLayers, size: "max" }),
  });
}

/** A file of a chain that exists. */
export interface BuiltLayer {
  /** Its path. */
  readonly path: string;
  /** How it is opened by the image on top. */
  readonly format: "qed" | "raw";
  /** What its guest sees. */
  readonly view: Uint8Array;
}

/** Make the planned files in a folder. Answers them, the lowest first. */
export function buildChain(dir: string, plan: ChainPlan): BuiltLayer[] {
  for (const folder of ["a", "a/b"]) Deno.mkdirSync(`${dir}/${folder}`, { recursive: true });
  const built: BuiltLayer[] = [];
  for (const [depth, layer] of plan.layers.entries()) {
    const path = `${dir}/${layer.folder}f${depth}`;
    const isTop = depth === plan.layers.length - 1;
    const below = built.at(-1);
    if (depth === 0 && plan.isRawBelow) built.push(buildRaw(path, layer));
    else {
      const name = below && nameOf(layer, below.path, dir);
      built.push(
        buildQed(path, layer, below && name !== undefined ? { ...below, name } : undefined),
      );
    }
    if (layer.isTakenForRaw && !isTop) built[depth] = takenForRaw(path);
  }
  return built;
}

/** The guest's disk of `sectors` sectors over what lies below. */
export function viewOver(below: Uint8Array | undefined, sizeBytes: number): Uint8Array {
  const view = new Uint8Array(sizeBytes);
  if (below) view.set(below.subarray(0, sizeBytes));
  return view;
}

/** The range of a change on a disk of `sizeBytes` bytes, at least a byte long. */
export function rangeOfChange(
  { place, length, unit }: ChangePick,
  sizeBytes: number,
): { start: number; end: number } {
  const start = Math.floor(Math.floor(sizeBytes * place / 4096) / unit) * unit;
  const end = Math.min(sizeBytes, Math.ceil((start + length) / unit) * unit);
  return { start, end };
}

function buildRaw(path: string, layer: LayerPlan): BuiltLayer {
  const view = new Uint8Array(layer.sectors * SECTOR_BYTES);
  for (const change of layer.changes) {
    const { start, end } = rangeOfChange(change, view.length);
    view.set(bytesOf(change, end - start), start);
  }
  const missingBytes = Math.min(layer.missingBytes, view.length - 1);
  view.fill(0, view.length - missingBytes);
  // Nothing that could be taken for another format.
  view[0] = 0xee;
  Deno.writeFileSync(path, view.subarray(0, view.length - missingBytes));
  return { path, format: "raw", view };
}

function buildQed(
  path: string,
  layer: LayerPlan,
  below: (BuiltLayer & { readonly name: string }) | undefined,
): BuiltLayer {
  const { clusterBytes, tableClusters, sectors } = layer;
  const imageBytes = sectors * SECTOR_BYTES;
  const view = viewOver(below?.view, imageBytes);
  // In memory: to make files durable that are thrown away takes most of the time.
  const file = new MemoryStorage();
  const files = [file, new MemoryStorage(below?.view)];
  const backing = below && { name: below.name, isRaw: below.format === "raw" };
  runSync(
    createImage({ imageBytes, clusterBytes, tableClusters, ...(backing && { backing }) }),
    files,
  );
  const image = runSync(openImage({ writable: true }), files);
  if (below) image.backing = { kind: "raw", file: 1, sizeBytes: below.view.length };
  for (const change of layer.changes) {
    const { start, end } = rangeOfChange(change, imageBytes);
    const bytes = bytesOf(change, end - start);
    if (change.kind === "write") runSync(writeImage(image, start, bytes), files);
    else runSync(writeZeroes(image, start, bytes.length), files);
    view.set(bytes, start);
  }
  runSync(closeImage(image), files);
  Deno.writeFileSync(path, file.toBytes());
  return { path, format: "qed", view };
}

/** What a change stores. */
export function bytesOf({ kind, value }: ChangePick, length: number): Uint8Array {
  return kind === "write" ? patternBytes(value, length) : new Uint8Array(length);
}

/** The file's own bytes are the disk, whatever they mean. */
function takenForRaw(path: string): BuiltLayer {
  const bytes = Deno.readFileSync(path);
  return {
    path,
    format: "raw",
    view: viewOver(bytes, Math.ceil(bytes.length / SECTOR_BYTES) * SECTOR_BYTES),
  };
}

function nameOf(layer: LayerPlan, belowPath: string, dir: string): string {
  if (layer.isAbsolute) return belowPath;
  const up = "../".repeat(layer.folder.split("/").length - 1);
  return up + belowPath.slice(dir.length + 1);
}

import {
  type BackingReference,
  closeImage,
  createImage,
  MemoryStorage,
  openImage,
  runSync,
  UNORDERED,
  writeImage,
  writeZeroes,
} from "../../lib/mod.ts";
import { CLUSTER } from "./sizes.ts";
import { patternBytes } from "./pattern_bytes.ts";

/** One file of a chain before a log begins. */
export interface PreparedImageOptions {
  /** Bytes of its guest's disk. */
  readonly imageBytes: number;
  /** The backing file in its header, and the contents that show through. */
  readonly backing?: { readonly reference: BackingReference; readonly contents: Uint8Array };
  /** Ranges to write, offset and length in bytes; the numbers of the patterns count from 1. */
  readonly writes?: readonly (readonly [offsetBytes: number, lengthBytes: number])[];
  /** Ranges of zero clusters. */
  readonly zeroes?: readonly (readonly [offsetBytes: number, lengthBytes: number])[];
}

/** A file of a chain, and its guest's disk. */
export interface PreparedImage {
  /** The file. */
  readonly file: Uint8Array;
  /** The guest's disk. */
  readonly view: Uint8Array;
}

/** Create an image of small clusters that was closed cleanly. */
export function prepareImage(options: PreparedImageOptions): PreparedImage {
  const { imageBytes, backing, writes = [], zeroes = [] } = options;
  const file = new MemoryStorage();
  const files = [file, new MemoryStorage(backing?.contents)];
  runSync(
    createImage({
      imageBytes,
      clusterBytes: CLUSTER,
      tableClusters: 1,
      ...(backing && { backing: backing.reference }),
    }),
    files,
  );
  const image = runSync(openImage({ writable: true, profile: UNORDERED }), files);
  const view = new Uint8Array(imageBytes);
  if (backing) {
    view.set(backing.contents.subarray(0, imageBytes));
    image.backing = { kind: "raw", file: 1, sizeBytes: backing.contents.length };
  }
  writes.forEach(([offsetBytes, lengthBytes], i) => {
    const bytes = patternBytes(i + 1, offsetBytes, lengthBytes);
    runSync(writeImage(image, offsetBytes, bytes), files);
    view.set(bytes, offsetBytes);
  });
  for (const [offsetBytes, lengthBytes] of zeroes) {
    runSync(writeZeroes(image, offsetBytes, lengthBytes), files);
    view.fill(0, offsetBytes, offsetBytes + lengthBytes);
  }
  runSync(closeImage(image), files);
  return { file: file.toBytes(), view };
}

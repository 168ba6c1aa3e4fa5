import {
  FormatError,
  hasQedMagic,
  type HeaderLayout,
  openImage,
  type QedImage,
} from "../../lib/qed/mod.ts";
import { runSync } from "../../lib/storage/mod.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";

/** Facts about a file of a case that is a QED image or looks like one. */
export interface LayerFacts {
  /** The file. */
  readonly file: SparseFile;
  /** Fields of the header in the final layout, as they are. */
  readonly clusterBytes: number;
  /** Clusters of a table. */
  readonly tableClusters: number;
  /** The size of the disk. */
  readonly imageBytes: bigint;
  /** The image, if it opens here. */
  readonly image: QedImage | undefined;
  /** The error, if it does not. */
  readonly error: FormatError | undefined;
}

/** Facts on the image of a case, and then on all other files that look like QED images. */
export function layerFacts(files: readonly SparseFile[]): LayerFacts[] {
  return files.filter((file, i) => i === 0 || hasQedMagic(file.read(0, 4))).map(describe);
}

function describe(file: SparseFile): LayerFacts {
  const header = new DataView(file.read(0, 64).buffer);
  const { image, error } = tryOpen(file);
  return {
    file,
    clusterBytes: header.getUint32(4, true),
    tableClusters: header.getUint32(8, true),
    imageBytes: header.getBigUint64(48, true),
    image,
    error,
  };
}

/** Open an image here, under one layout or either, or say what is wrong with it. */
export function tryOpen(
  file: SparseFile,
  layout?: HeaderLayout,
): Pick<LayerFacts, "image" | "error"> {
  try {
    return { image: runSync(openImage(layout ? { layout } : {}), [file]), error: undefined };
  } catch (error) {
    if (error instanceof FormatError) return { image: undefined, error };
    throw error;
  }
}

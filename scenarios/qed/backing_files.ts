import { type BackingSource, openImage, type Operation, type SyncStorage } from "../../lib/mod.ts";

/** A backing file of the image under test, which nothing writes. */
export interface BackingFile {
  /** Its format. */
  readonly format: "raw" | "qed";
  /** Its size, in bytes. */
  readonly sizeBytes: number;
  /** The file. */
  readonly storage: SyncStorage;
}

/** Open the backing files of an image, the nearest one first, which is in slot 1. */
export function* openBackingFiles(
  files: readonly BackingFile[],
): Operation<BackingSource | undefined> {
  let source: BackingSource | undefined;
  for (let i = files.length - 1; i >= 0; i--) {
    const file = i + 1;
    if (files[i].format === "raw") source = { kind: "raw", file, sizeBytes: files[i].sizeBytes };
    else {
      const image = yield* openImage({ file });
      if (source) image.backing = source;
      source = { kind: "qed", image };
    }
  }
  return source;
}

import { type BackingSource, openImage, type Operation, type SyncStorage } from "../../lib/mod.ts";

/** A file behind the image under test: nobody writes it any more. */
export interface LowerFile {
  /** What is in it. */
  readonly format: "raw" | "qed";
  /** How long it is, in bytes. */
  readonly sizeBytes: number;
  /** The file. */
  readonly storage: SyncStorage;
}

/** Open the files behind an image, the nearest one first, which is in slot 1. */
export function* openLowerFiles(
  files: readonly LowerFile[],
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

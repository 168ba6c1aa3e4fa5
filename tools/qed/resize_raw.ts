import { type FileStorage, passThrough, runSync } from "../../lib/storage/mod.ts";

/** Give a new raw image its size; all of it is a hole. */
export function resizeRaw(storage: FileStorage, imageBytes: number | bigint): void {
  const sizeBytes = Number(imageBytes);
  runSync(passThrough({ kind: "resize", file: 0, sizeBytes, label: "new image" }), [storage]);
}

import {
  closeImage,
  createImage,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  type QedImage,
  runSync,
  UNORDERED,
  writeImage,
} from "../../lib/mod.ts";
import { type BackingFile, openBackingFiles } from "./backing_files.ts";
import { patternBytes } from "./pattern_bytes.ts";
import type { Step, Workload } from "./workload.ts";

/** The name of the backing file in the header of a new image. */
export const BACKING_NAME = "base.raw";

/** The number of the write that an earlier crash interrupted. */
const TORN_TAIL_NUMBER = 99;

/** Create the image of a workload, carry out the prepared writes, and close it. */
export function prepareFile(workload: Workload, backingFiles: readonly BackingFile[]): Uint8Array {
  const file = new MemoryStorage();
  const files = [file, ...backingFiles.map(({ storage }) => storage)];
  runSync(createEmpty(workload, workload.imageBytes, backingFiles), files);
  const image = runSync(openPrepared(workload, UNORDERED, backingFiles), files);
  for (const [offsetBytes, bytes] of preparedWrites(workload.prepared)) {
    runSync(writeImage(image, offsetBytes, bytes), files);
  }
  runSync(closeImage(image), files);
  const tail = patternBytes(TORN_TAIL_NUMBER, file.sizeBytes, workload.tornTailBytes ?? 0);
  const bytes = new Uint8Array(file.sizeBytes + tail.length);
  bytes.set(file.toBytes());
  bytes.set(tail, file.sizeBytes);
  workload.damage?.(bytes);
  return bytes;
}

/** Create an empty overlay over the backing files. */
export function createEmpty(
  workload: Workload,
  imageBytes: number,
  backingFiles: readonly BackingFile[],
): Operation<void> {
  const isRaw = backingFiles[0]?.format === "raw";
  return createImage({
    imageBytes,
    clusterBytes: workload.clusterBytes,
    tableClusters: workload.tableClusters ?? 1,
    ...(workload.layout && { layout: workload.layout }),
    ...(backingFiles.length > 0 && { backing: { name: isRaw ? BACKING_NAME : "base.qed", isRaw } }),
  });
}

/** The offset and bytes of each prepared write. */
export function preparedWrites(steps: readonly Step[] = []): (readonly [number, Uint8Array])[] {
  return steps.map((step, i) => {
    if (step.kind !== "write") throw new Error(`Cannot prepare a step of kind '${step.kind}'`);
    return [step.offsetBytes, patternBytes(i + 1, step.offsetBytes, step.lengthBytes)];
  });
}

/** Open the image of a workload and its backing files. */
export function* openPrepared(
  workload: Workload,
  profile: OrderingProfile,
  backingFiles: readonly BackingFile[],
): Operation<QedImage> {
  const image = yield* openImage({
    writable: true,
    profile,
    ...(workload.layout && { layout: workload.layout }),
    ...(workload.opensUnrepaired && { skipRepair: true }),
    ...(workload.l2CacheTables !== undefined && { l2CacheTables: workload.l2CacheTables }),
  });
  const source = yield* openBackingFiles(backingFiles);
  if (source) image.backing = source;
  return image;
}

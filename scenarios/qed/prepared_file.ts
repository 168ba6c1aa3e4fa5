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
import { type LowerFile, openLowerFiles } from "./lower_files.ts";
import { patternBytes } from "./pattern_bytes.ts";
import type { Step, Workload } from "./workload.ts";

/** What a new image's header calls the backing file. */
export const BACKING_NAME = "base.raw";

/** The write that an earlier crash left unfinished. */
const TORN_TAIL_NUMBER = 99;

/** Create the image of a workload, carry out the prepared writes, and close it. */
export function prepareFile(workload: Workload, lowerFiles: readonly LowerFile[]): Uint8Array {
  const file = new MemoryStorage();
  const files = [file, ...lowerFiles.map(({ storage }) => storage)];
  runSync(createEmpty(workload, workload.imageBytes, lowerFiles), files);
  const image = runSync(openPrepared(workload, UNORDERED, lowerFiles), files);
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

/** Create an empty image in front of what is behind it. */
export function createEmpty(
  workload: Workload,
  imageBytes: number,
  lowerFiles: readonly LowerFile[],
): Operation<void> {
  const isRaw = lowerFiles[0]?.format === "raw";
  return createImage({
    imageBytes,
    clusterBytes: workload.clusterBytes,
    tableClusters: workload.tableClusters ?? 1,
    ...(workload.layout && { layout: workload.layout }),
    ...(lowerFiles.length > 0 && { backing: { name: isRaw ? BACKING_NAME : "base.qed", isRaw } }),
  });
}

/** Where the prepared steps write what. */
export function preparedWrites(steps: readonly Step[] = []): (readonly [number, Uint8Array])[] {
  return steps.map((step, i) => {
    if (step.kind !== "write") throw new Error(`a prepared step can't be "${step.kind}"`);
    return [step.offsetBytes, patternBytes(i + 1, step.offsetBytes, step.lengthBytes)];
  });
}

/** Open the image of a workload, and what is behind it. */
export function* openPrepared(
  workload: Workload,
  profile: OrderingProfile,
  lowerFiles: readonly LowerFile[],
): Operation<QedImage> {
  const image = yield* openImage({
    writable: true,
    profile,
    ...(workload.layout && { layout: workload.layout }),
    ...(workload.opensUnrepaired && { skipRepair: true }),
    ...(workload.l2CacheTables !== undefined && { l2CacheTables: workload.l2CacheTables }),
  });
  const source = yield* openLowerFiles(lowerFiles);
  if (source) image.backing = source;
  return image;
}

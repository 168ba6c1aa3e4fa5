import { backingPath, describeError, FreshFile, HostError, ImageChain } from "../chain/mod.ts";
import { createImage, ImageError } from "../qed/mod.ts";
import { type FileStorage, runSync } from "../storage/mod.ts";
import { byteCount } from "./byte_count.ts";
import type { ImageCreateOptions } from "./options.ts";

/**
 * Create the file of a new image. A crash leaves the complete image or the old file of that name.
 * Throws {@linkcode ImageError} for invalid options, and {@linkcode HostError} with the path and
 * the reason.
 */
export function createFile(path: string, options: ImageCreateOptions): void {
  const sizeBytes = imageSize(path, options);
  using fresh = FreshFile.create(path, { replaces: options.overwrites ?? false });
  if (options.format === "raw") makeRaw(fresh.storage, sizeBytes);
  else makeQed(fresh.storage, sizeBytes, options);
  fresh.finish();
}

function makeQed(storage: FileStorage, imageBytes: bigint, options: ImageCreateOptions): void {
  const { clusterBytes, tableClusters, layout, backing } = options;
  const image = createImage({
    imageBytes,
    ...(clusterBytes !== undefined && { clusterBytes }),
    ...(tableClusters !== undefined && { tableClusters }),
    ...(layout && { layout }),
    ...(backing && { backing: { name: backing.name, isRaw: backing.format === "raw" } }),
  });
  runSync(image, [storage]);
}

function makeRaw(storage: FileStorage, sizeBytes: bigint): void {
  if (sizeBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ImageError(`invalid size of a raw image: ${sizeBytes}`);
  }
  const label = "new image";
  storage.perform({ kind: "resize", file: 0, sizeBytes: Number(sizeBytes), label });
}

/** The size to create: the given one, or that of the backing file, which is opened in any case. */
function imageSize(path: string, options: ImageCreateOptions): bigint {
  const { sizeBytes, backing, format, clusterBytes, tableClusters, layout } = options;
  const wanted = sizeBytes === undefined ? undefined : byteCount("image size", sizeBytes);
  if (format === "raw" && (backing ?? clusterBytes ?? tableClusters ?? layout) !== undefined) {
    throw new ImageError("a raw image has no backing file, clusters, tables or layout");
  }
  const backingSize = backing && backingBytes(path, backing);
  const size = wanted ?? backingSize;
  if (size === undefined) throw new ImageError("a new image needs a size or a backing file");
  return size;
}

function backingBytes(path: string, backing: NonNullable<ImageCreateOptions["backing"]>): bigint {
  const { name, format } = backing;
  try {
    using chain = ImageChain.open(backingPath(path, name), { format });
    return chain.guestBytes;
  } catch (error) {
    throw new HostError(`Could not create '${path}': ${describeError(error)}`, { cause: error });
  }
}

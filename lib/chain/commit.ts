import {
  type BackingSource,
  ImageError,
  type QedImage,
  readImage,
  resizeImage,
  settleImage,
  sourceBytes,
  writeImage,
  writeZeroes,
} from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import { pause } from "./pause.ts";
import type { LongOperationOptions } from "./rebase.ts";
import { SourceWalker } from "./source_walker.ts";

/** The size of one copy, in bytes. */
const BLOCK_BYTES = 1 << 20;

/**
 * Write to `base` the data of an image and of the images between the two: afterwards `base` reads
 * like the image, up to the size of the image. Zero clusters are committed too. A shorter base is
 * grown first. `base` must be writable and a backing file of the image. Returns the base with its
 * new size.
 *
 * Order: when this returns, `base` is durable and marked clean. Crash promise: at any point `base`
 * opens, and the guest of the image reads the same, since only data of `base` that the image hides
 * has changed. Other overlays of `base` see the committed data. The image itself is not written:
 * the caller may empty it afterwards, and since its data is durable in `base` no crash can lose it
 * then.
 *
 * No guest may write meanwhile. Throws `ImageError`, before anything has changed, for a base that
 * cannot grow so far, and the storage's error for a failed request.
 */
export function* commitImage(
  image: QedImage,
  base: BackingSource,
  options: LongOperationOptions = {},
): Operation<BackingSource> {
  if (image.file === fileSlot(base)) throw new ImageError("cannot commit an image to itself");
  const total = image.imageBytes;
  const grown = yield* growSource(base, total);
  const walker = new SourceWalker({ kind: "qed", image }, { until: base });
  const buffer = new Uint8Array(BLOCK_BYTES);
  for (let at = 0n; at < total;) {
    const { state, lengthBytes } = yield* walker.next(at);
    const end = at + lengthBytes < total ? at + lengthBytes : total;
    if (state === "zero") yield* zeroSource(grown, at, end - at);
    if (state !== "data") at = end;
    while (at < end) {
      const length = end - at < BigInt(BLOCK_BYTES) ? Number(end - at) : BLOCK_BYTES;
      const bytes = buffer.subarray(0, length);
      yield* readImage(image, at, bytes);
      yield* writeSource(grown, at, bytes);
      at += BigInt(length);
      options.onProgress?.(at, total);
      yield* pause();
    }
    options.onProgress?.(at, total);
    yield* pause();
  }
  yield* finishSource(grown);
  return grown;
}

function fileSlot(source: BackingSource): number {
  return source.kind === "raw" ? source.file : source.image.file;
}

/** Make a disk at least `minBytes` long. Returns it with its new size. */
function* growSource(source: BackingSource, minBytes: bigint): Operation<BackingSource> {
  if (sourceBytes(source) >= minBytes) return source;
  if (source.kind === "qed") {
    yield* resizeImage(source.image, minBytes);
    return source;
  }
  const { file } = source;
  const sizeBytes = Number(minBytes);
  if (!Number.isSafeInteger(sizeBytes)) {
    throw new ImageError(
      `image size ${minBytes} exceeds the maximum of a raw file (2^53 - 1 bytes)`,
    );
  }
  yield { kind: "resize", file, sizeBytes, label: "grown base" };
  return { kind: "raw", file, sizeBytes };
}

function* writeSource(source: BackingSource, at: bigint, bytes: Uint8Array): Operation<void> {
  if (source.kind === "qed") {
    yield* writeImage(source.image, at, bytes);
  } else {
    const offsetBytes = Number(at);
    yield { kind: "write", file: source.file, offsetBytes, bytes, label: "data" };
  }
}

function* zeroSource(source: BackingSource, at: bigint, lengthBytes: bigint): Operation<void> {
  if (source.kind === "qed") {
    yield* writeZeroes(source.image, at, lengthBytes);
    return;
  }
  const left = BigInt(source.sizeBytes) - at;
  const length = Number(left < lengthBytes ? left : lengthBytes);
  if (length <= 0) return;
  const { file } = source;
  yield { kind: "discard", file, offsetBytes: Number(at), lengthBytes: length, label: "data" };
}

/** Make a disk durable, and mark it clean. */
function* finishSource(source: BackingSource): Operation<void> {
  if (source.kind === "qed") yield* settleImage(source.image);
  else yield { kind: "flush", file: source.file, scope: "data", label: "committed" };
}

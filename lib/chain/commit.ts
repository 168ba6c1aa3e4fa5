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

/** What is copied at a time, in bytes. */
const BLOCK_BYTES = 1 << 20;

/**
 * Store in `base` what an image, and the images between the two, hold in front of it: afterwards
 * `base` reads as the image does, as far as the image reaches. Zero clusters go with it. A shorter
 * base is grown first. `base` must be writable, and one of the files behind the image. Answers it
 * as it is afterwards.
 *
 * Order: when this returns, `base` is durable and marked clean. Crash promise: at any point `base`
 * opens, and the guest of the image reads the same through it, for only what the image hides of it
 * has changed. Whatever else is based on `base` sees what was committed. The image itself is not
 * written: to empty it afterwards is for the caller, and with a copy in `base` that is durable no
 * crash then can lose anything.
 *
 * No guest may write meanwhile. Throws `ImageError` for a base that cannot grow so far, before
 * anything has changed, and the storage's error where a request fails.
 */
export function* commitImage(
  image: QedImage,
  base: BackingSource,
  options: LongOperationOptions = {},
): Operation<BackingSource> {
  if (image.file === slotOf(base)) throw new ImageError("an image cannot be committed to itself");
  const total = image.imageBytes;
  const grown = yield* growSource(base, total);
  const inFront = new SourceWalker({ kind: "qed", image }, { until: base });
  const buffer = new Uint8Array(BLOCK_BYTES);
  for (let at = 0n; at < total;) {
    const { state, lengthBytes } = yield* inFront.next(at);
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

function slotOf(source: BackingSource): number {
  return source.kind === "raw" ? source.file : source.image.file;
}

/** Make a disk at least `minBytes` long. Answers it as it is then. */
function* growSource(source: BackingSource, minBytes: bigint): Operation<BackingSource> {
  if (sourceBytes(source) >= minBytes) return source;
  if (source.kind === "qed") {
    yield* resizeImage(source.image, minBytes);
    return source;
  }
  const { file } = source;
  const sizeBytes = Number(minBytes);
  if (!Number.isSafeInteger(sizeBytes)) {
    throw new ImageError(`no raw file can have the ${minBytes} bytes of the image`);
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

/** Make a disk durable, and say so in its header. */
function* finishSource(source: BackingSource): Operation<void> {
  if (source.kind === "qed") yield* settleImage(source.image);
  else yield { kind: "flush", file: source.file, scope: "data", label: "committed" };
}

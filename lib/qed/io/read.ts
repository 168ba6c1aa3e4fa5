import type { Operation, ReadRequest } from "../../storage/request.ts";
import { accessRange } from "../../storage/range_lock.ts";
import { requireBacking, sourceBytes } from "../image/backing.ts";
import { cachedLookup, lookup } from "./lookup.ts";
import type { BackingSource, QedImage } from "../image/image.ts";

/**
 * Fill `into` with the guest's bytes from `offset` on, without copying anything into the image: see
 * `readImage`.
 */
export function* readRange(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const access = image.lockRange(accessRange(offset, into.length), "read");
  try {
    if (!access.isReady) yield { kind: "wait", turn: access, label: "overlapping request" };
    const quick = quickRead(image, offset, into);
    if (quick === "zeroes") into.fill(0);
    else if (quick === undefined) yield* readPieces(image, offset, into);
    else {
      const moved = yield quick;
      if (moved < into.length) into.fill(0, moved);
    }
  } finally {
    image.unlockRange(access);
  }
}

/**
 * The fast path of most reads: one request, if all clusters are allocated, adjacent and in cached
 * tables; or zeroes, if none is allocated and there is no backing file. Undefined for any other
 * read. The layers of the general path would cost as much as the request.
 */
function quickRead(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): ReadRequest | "zeroes" | undefined {
  // Checked under the lock: the disk may have shrunk while this waited for it.
  const { clusterIndex, byteInCluster } = image.locate(offset, into.length);
  if (into.length === 0) return undefined;
  const clusters = Math.ceil((byteInCluster + into.length) / image.geometry.clusterBytes);
  const extent = cachedLookup(image, clusterIndex, clusters);
  if (!extent || extent.clusters < clusters) return undefined;
  if (extent.state !== "data") {
    const hasBacking = image.backing !== undefined || image.backingName !== undefined;
    return extent.state === "zero" || !hasBacking ? "zeroes" : undefined;
  }
  const offsetBytes = extent.hostBytes + byteInCluster;
  return { kind: "read", file: image.file, offsetBytes, into, label: "data" };
}

/** Read a range that the caller has locked. */
export function* readPieces(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const { clusterBytes } = image.geometry;
  let { clusterIndex, byteInCluster } = image.locate(offset, into.length);
  let done = 0;
  while (done < into.length) {
    const max = Math.ceil((byteInCluster + into.length - done) / clusterBytes);
    const extent = yield* lookup(image, clusterIndex, max);
    const length = Math.min(into.length - done, extent.clusters * clusterBytes - byteInCluster);
    const piece = into.subarray(done, done + length);
    if (extent.state === "data") {
      const moved = yield {
        kind: "read",
        file: image.file,
        offsetBytes: extent.hostBytes + byteInCluster,
        into: piece,
        label: "data",
      };
      if (moved < length) piece.fill(0, moved);
    } else if (extent.state === "zero") {
      piece.fill(0);
    } else {
      yield* readBacking(image, addBytes(offset, done), piece);
    }
    done += length;
    clusterIndex += extent.clusters;
    byteInCluster = 0;
  }
}

/** `offset + bytes`, exact for a bigint offset. */
export function addBytes(offset: number | bigint, bytes: number): number | bigint {
  return typeof offset === "bigint" ? offset + BigInt(bytes) : offset + bytes;
}

/**
 * Fill `into` from the backing file of `image`, from guest offset `offset` on; with zeroes past the
 * end of the backing file, or without one (specification, section Unallocated L2 tables and data
 * clusters). Throws {@linkcode ImageError} if the backing file is not attached.
 */
export function readBacking(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  return readSource(requireBacking(image), offset, into);
}

/** Fill `into` from `source`, from offset `offset` on; with zeroes past its end, or without one. */
export function* readSource(
  source: BackingSource | undefined,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const available = sourceBytes(source) - BigInt(offset);
  const count = available <= 0n
    ? 0
    : available < BigInt(into.length)
    ? Number(available)
    : into.length;
  if (source && count > 0) {
    const piece = into.subarray(0, count);
    if (source.kind === "qed") yield* readRange(source.image, offset, piece);
    else {
      const moved = yield {
        kind: "read",
        file: source.file,
        offsetBytes: Number(offset),
        into: piece,
        label: "backing",
      };
      piece.fill(0, moved);
    }
  }
  into.fill(0, count);
}

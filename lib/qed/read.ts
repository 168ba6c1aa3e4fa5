import type { Operation } from "../storage/request.ts";
import { accessRange } from "./accesses.ts";
import { readBacking } from "./backing.ts";
import { findRun } from "./find_run.ts";
import type { GuestPosition, QedImage } from "./image.ts";

/**
 * Fill `into` with what the guest sees from `offset` (bytes) on: any range, across clusters and
 * tables. Writes nothing. Waits for writes to the range that came before. Throws {@linkcode ImageError} for a range outside the image and
 * {@linkcode FormatError} where a table entry on the way is invalid.
 */
export function* readImage(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const position = image.locate(offset, into.length);
  const range = accessRange(offset, into.length);
  yield* image.holding(range, "read", readPieces(image, offset, position, into));
}

function* readPieces(
  image: QedImage,
  offset: number | bigint,
  position: GuestPosition,
  into: Uint8Array,
): Operation<void> {
  const { clusterBytes } = image.geometry;
  let { clusterIndex, byteInCluster } = position;
  let done = 0;
  while (done < into.length) {
    const most = Math.ceil((byteInCluster + into.length - done) / clusterBytes);
    const run = yield* findRun(image, clusterIndex, most);
    const length = Math.min(into.length - done, run.clusters * clusterBytes - byteInCluster);
    const piece = into.subarray(done, done + length);
    if (run.state === "data") {
      const moved = yield {
        kind: "read",
        file: image.file,
        offsetBytes: run.hostBytes + byteInCluster,
        into: piece,
        label: "data",
      };
      if (moved < length) piece.fill(0, moved);
    } else if (run.state === "zero") {
      piece.fill(0);
    } else {
      yield* readBacking(image, addBytes(offset, done), piece);
    }
    done += length;
    clusterIndex += run.clusters;
    byteInCluster = 0;
  }
}

/** `offset + bytes`, exact also where a number would be rounded. */
export function addBytes(offset: number | bigint, bytes: number): number | bigint {
  return typeof offset === "bigint" ? offset + BigInt(bytes) : offset + bytes;
}

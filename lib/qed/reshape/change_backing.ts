import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { type BackingReference, encodeBackingName } from "../format/backing_name.ts";
import { ImageError } from "../format/format_error.ts";
import type { Header, StringPlace } from "../format/header.ts";
import type { HeaderString, QedImage } from "../image/image.ts";
import { FEATURE, HEADER_BYTES, RFC_COMPAT_BACKING_FORMAT } from "../format/layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";

/**
 * Change the backing file of an image, or remove it, in the header only (`qemu-img rebase -u`).
 * Clusters do not change, so unallocated clusters read from the new backing file; to keep their
 * contents, copy them first. Detaches {@linkcode QedImage.backing}; the caller attaches the new
 * file.
 *
 * Order: a name that does not fit into the first sector is written to other sectors of the header,
 * which hold neither the old name nor the old format; flush; write the first sector in one piece;
 * flush. Crash promise: the image has its old backing file or, completely, the new one, and
 * certainly the new one once this has returned.
 *
 * Waits for earlier requests. Throws {@linkcode ImageError}, before anything is written, for a name
 * that cannot be stored (1 to 1023 bytes, no NUL) or does not fit into the header.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { changeBacking, createImage, MemoryStorage, openImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(changeBacking(image, { name: "base.raw", isRaw: true }), files);
 * assertEquals(runSync(openImage(), files).backingName, "base.raw");
 * ```
 */
export function* changeBacking(
  image: QedImage,
  backing: BackingReference | undefined,
): Operation<void> {
  image.assertWritable();
  yield* image.withRangeLock(
    WHOLE_DISK,
    "change",
    image.withAllocationLock(switchBacking(image, backing)),
  );
}

function* switchBacking(
  image: QedImage,
  backing: BackingReference | undefined,
): Operation<void> {
  image.assertWritable();
  const strings = backing ? encodeStrings(image, backing) : new Uint8Array(0);
  const offsetBytes = placeFor(image, strings.length);
  if (offsetBytes >= SECTOR_BYTES) yield* writeStrings(image, offsetBytes, strings);
  yield* image.flush("before the backing file changes");

  const inSector: HeaderString[] = [eraseOld(image.header)];
  if (offsetBytes < SECTOR_BYTES) inSector.push({ offsetBytes, bytes: strings });
  yield* image.replaceHeader(headerWith(image.header, backing, offsetBytes), inSector);
  image.backingName = backing?.name;
  image.backingIsRaw = backing?.isRaw ?? false;
  image.backing = undefined;
  yield* image.flush("backing file changed");
}

/** Encode the name, followed in the rfc layout by the format. */
function encodeStrings(image: QedImage, backing: BackingReference): Uint8Array {
  const name = encodeBackingName(backing.name);
  return new Uint8Array([...name, ...encodeFormat(image.header, backing)]);
}

function encodeFormat(header: Header, backing: BackingReference): Uint8Array {
  return new TextEncoder().encode(header.layout === "rfc" && backing.isRaw ? "raw" : "");
}

/**
 * Choose the place of `sizeBytes` of strings: after the fields if they fit into the first sector,
 * which is replaced in one write. Otherwise the first sectors of the header without an old string,
 * since a crash may leave the old header.
 */
function placeFor(image: QedImage, sizeBytes: number): number {
  if (HEADER_BYTES + sizeBytes <= SECTOR_BYTES) return HEADER_BYTES;
  const { backingName, backingFormat } = image.header;
  const taken = [backingName, backingFormat].filter((place) => place !== undefined);
  const starts = [SECTOR_BYTES, ...taken.map(sectorEnd)].sort((a, b) => a - b);
  const start = starts.find((start) =>
    start + sizeBytes <= image.headerBytes &&
    taken.every((place) => sectorEnd(place) <= start || place.offsetBytes >= start + sizeBytes)
  );
  if (start !== undefined) return start;
  throw new ImageError(
    `no room in the header of ${image.headerBytes} bytes for a backing file name of ` +
      `${sizeBytes} bytes in addition to the old one`,
  );
}

/** The end of a string, rounded up to a sector. */
function sectorEnd({ offsetBytes, sizeBytes }: StringPlace): number {
  return Math.max(SECTOR_BYTES, Math.ceil((offsetBytes + sizeBytes) / SECTOR_BYTES) * SECTOR_BYTES);
}

function* writeStrings(image: QedImage, offsetBytes: number, strings: Uint8Array): Operation<void> {
  const bytes = new Uint8Array(Math.ceil(strings.length / SECTOR_BYTES) * SECTOR_BYTES);
  bytes.set(strings);
  yield { kind: "write", file: image.file, offsetBytes, bytes, label: "backing-name" };
}

/** Zeroes for the part of the old name in the first sector. */
function eraseOld({ backingName }: Header): HeaderString {
  const offsetBytes = Math.max(HEADER_BYTES, backingName?.offsetBytes ?? 0);
  const end = backingName ? backingName.offsetBytes + backingName.sizeBytes : 0;
  const length = Math.max(0, Math.min(end, SECTOR_BYTES) - offsetBytes);
  return { offsetBytes: Math.min(offsetBytes, SECTOR_BYTES), bytes: new Uint8Array(length) };
}

function headerWith(
  old: Header,
  backing: BackingReference | undefined,
  offsetBytes: number,
): Header {
  const { backingName: _name, backingFormat: _format, ...rest } = old;
  const features = old.features & ~(FEATURE.BACKING_FILE | FEATURE.BACKING_FORMAT_NO_PROBE);
  const compatFeatures = old.layout === "rfc"
    ? old.compatFeatures & ~RFC_COMPAT_BACKING_FORMAT
    : old.compatFeatures;
  if (!backing) return { ...rest, features, compatFeatures };

  const nameBytes = encodeBackingName(backing.name).length;
  const formatBytes = encodeFormat(old, backing).length;
  const rawFeature = old.layout === "final" && backing.isRaw ? FEATURE.BACKING_FORMAT_NO_PROBE : 0n;
  return {
    ...rest,
    features: features | FEATURE.BACKING_FILE | rawFeature,
    compatFeatures: formatBytes > 0 ? compatFeatures | RFC_COMPAT_BACKING_FORMAT : compatFeatures,
    backingName: { offsetBytes, sizeBytes: nameBytes },
    ...(formatBytes > 0 && {
      backingFormat: { offsetBytes: offsetBytes + nameBytes, sizeBytes: formatBytes },
    }),
  };
}

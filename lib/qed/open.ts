import type { FileSlot, Operation } from "../storage/request.ts";
import { type Buffers, FRESH_BUFFERS } from "./format/buffers.ts";
import { readTable } from "./io/lookup.ts";
import { FormatError } from "./format/format_error.ts";
import { type Header, parseHeader, type StringPlace } from "./format/header.ts";
import { QedImage } from "./image/image.ts";
import { DEFAULT_L2_CACHE_TABLES, L2Cache } from "./image/l2_cache.ts";
import { FEATURE, FIELD_OFFSETS, type HeaderLayout } from "./format/layout.ts";
import { SECTOR_BYTES } from "../storage/sector.ts";
import { type OrderingProfile, STRICT } from "./format/profile.ts";
import { repairOpened } from "./check/repair.ts";
import { Table } from "./format/table.ts";

/** Options of {@linkcode openImage}. */
export interface OpenOptions {
  /** The slot of the file that holds the image; 0 if not given. */
  readonly file?: FileSlot;
  /** Open for writing; by default nothing is ever written. */
  readonly writable?: boolean;
  /** Read the header under this layout only. */
  readonly layout?: HeaderLayout;
  /** The ordering profile; {@linkcode STRICT} by default. */
  readonly profile?: OrderingProfile;
  /** Do not repair a dirty image that is opened for writing: the caller checks it first. */
  readonly skipRepair?: boolean;
  /** The number of L2 tables to keep in memory; 50 by default. */
  readonly l2CacheTables?: number;
  /** The allocator of memory. */
  readonly buffers?: Buffers;
}

/**
 * Open an image: read and validate the header, read the L1 table. Opening for writing clears
 * unknown autoclear bits (specification, section Header) and repairs an image with NEED_CHECK set
 * (section Consistency checking). Opening for reading writes nothing.
 *
 * The backing file is not opened: the caller opens and attaches it ({@linkcode QedImage.backing}).
 *
 * Throws {@linkcode FormatError} for an image that breaks a rule, before anything is written.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, runSync } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage();
 * runSync(createImage({ imageBytes: 2 ** 30, layout: "rfc" }), [file]);
 * const image = runSync(openImage(), [file]);
 * assertEquals([image.header.layout, image.writable], ["rfc", false]);
 * ```
 */
export function* openImage(options: OpenOptions = {}): Operation<QedImage> {
  const file = options.file ?? 0;
  const buffers = options.buffers ?? FRESH_BUFFERS;
  const profile = options.profile ?? STRICT;
  const fileBytes = yield { kind: "size", file };
  const headerSector = buffers.take(SECTOR_BYTES).bytes;
  const moved = yield { kind: "read", file, offsetBytes: 0, into: headerSector, label: "header" };
  const header = parseHeader(
    moved < SECTOR_BYTES ? headerSector.subarray(0, moved) : headerSector,
    {
      fileBytes,
      ...(options.layout && { layout: options.layout }),
    },
  );
  if (options.writable && !options.layout) refuseToGuess(header, headerSector, fileBytes);
  const backingName = header.backingName &&
    (yield* readName(file, "backing file name", header.backingName));
  const image = new QedImage({
    file,
    header,
    headerSector,
    backingName,
    backingIsRaw: yield* isRawBacking(file, header),
    profile,
    writable: options.writable ?? false,
    fileBytes,
    l1: new Table(
      buffers.take(header.geometry.tableBytes, "overwritten"),
      header.l1TableOffsetBytes,
    ),
    l2Cache: new L2Cache(
      options.l2CacheTables ?? DEFAULT_L2_CACHE_TABLES,
      header.geometry.tableBytes,
    ),
    buffers,
  });
  yield* readTable(image, image.l1);
  if (image.writable) yield* prepareForWriting(image, options);
  return image;
}

/**
 * An rfc image without backing file whose file is larger than the guest's disk is valid in the
 * final layout too: as a disk of no bytes whose autoclear bits are the rfc layout's
 * `l1_table_offset`. To clear them would destroy the image, so the caller has to name the layout.
 */
function refuseToGuess(header: Header, sector: Uint8Array, fileBytes: number): void {
  const { layout, imageBytes, autoclearFeatures } = header;
  if (layout !== "final" || imageBytes !== 0n || autoclearFeatures === 0n) return;
  try {
    parseHeader(sector, { fileBytes, layout: "rfc" });
  } catch {
    return;
  }
  throw new FormatError({
    field: "autoclear_features",
    offsetBytes: FIELD_OFFSETS.final.autoclear_features,
    value: autoclearFeatures,
    rule:
      "the header is valid in the final and in the rfc layout, where this is l1_table_offset; " +
      "to write to the image, name its layout",
  });
}

function* prepareForWriting(image: QedImage, options: OpenOptions): Operation<void> {
  if (image.header.autoclearFeatures !== 0n) {
    yield* image.updateHeader({ autoclearFeatures: 0n });
    yield* image.flush("autoclear bits");
  }
  image.isUnchecked = image.needsCheck;
  if (image.needsCheck && !options.skipRepair) {
    yield* repairOpened(image);
    // Unreadable tables may hold anything.
    if (image.failure) throw image.failure;
  }
}

function* isRawBacking(file: FileSlot, header: Header): Operation<boolean> {
  if (header.layout === "final") {
    return (header.features & FEATURE.BACKING_FORMAT_NO_PROBE) !== 0n;
  }
  if (!header.backingFormat) return false;
  return (yield* readName(file, "backing file format", header.backingFormat)) === "raw";
}

/** Read a name from the header area; the rules of the header limit its length. */
function* readName(file: FileSlot, field: string, place: StringPlace): Operation<string> {
  const { offsetBytes, sizeBytes } = place;
  const bytes = new Uint8Array(sizeBytes);
  const moved = yield { kind: "read", file, offsetBytes, into: bytes, label: "backing-name" };
  const hex = () => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (moved < sizeBytes || bytes.includes(0)) {
    throw new FormatError({ field, offsetBytes, value: hex(), rule: "must not hold a NUL byte" });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError({ field, offsetBytes, value: hex(), rule: "must be UTF-8" });
  }
}

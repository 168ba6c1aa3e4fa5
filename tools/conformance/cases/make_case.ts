import {
  type AfterRepair,
  type CheckCounts,
  type ErrorDetails,
  type Expectation,
  type GuestContents,
  type GuestRange,
  type GuestWrite,
  IMAGE_NAME,
  type ImageCase,
} from "./case.ts";
import { guestContents } from "./guest_contents.ts";
import { describeContents } from "../parts.ts";
import { headerFields } from "./plain_header.ts";
import type { SparseFile } from "../../../lib/storage/sparse_file.ts";

/** An image with a valid header, and the expected results that differ from the usual ones. */
export interface Recipe {
  /** Group, slash, what is special about it. */
  readonly name: string;
  /** Why it is there, in a line. */
  readonly about: string;
  /** The image's file. */
  readonly image: SparseFile;
  /** Its backing files. */
  readonly others?: Readonly<Record<string, SparseFile>>;
  /** Its header's layout; final if not given. */
  readonly layout?: "rfc";
  /** The parts of the guest's disk that are not zero; reading must fail, or is not asked for. */
  readonly guest?: readonly string[] | "refuse" | "huge";
  /** The counts of a check that are not 0; or that no check is made. */
  readonly check?: Partial<Omit<CheckCounts, "total">> | "unasked";
  /** Where the guest's disk is stored. */
  readonly map?: readonly string[];
  /** The ranges to read of a disk that is too large to read whole. */
  readonly read?: readonly GuestWrite[];
  /** A write to try: offset, length, byte. */
  readonly write?: readonly [number, number, number];
  /** The guest's disk after a repair, and what in it is up to the implementation. */
  readonly repaired?: {
    readonly guest: readonly string[];
    readonly undecided?: readonly (readonly [offset: number, length: number])[];
  };
  /** The error of this library. */
  readonly error?: readonly [field: string, offsetBytes: number, value: bigint | number | string];
}

/** An error's details as they are kept. */
export function errorDetails(error: NonNullable<Recipe["error"]>): ErrorDetails {
  const [field, offset, value] = error;
  return { field, offset, value: `${value}` };
}

/** Make a case of a recipe for an image whose header is valid. */
export function makeCase(recipe: Recipe): ImageCase {
  const { name, about, image, layout, guest, map, read } = recipe;
  const open = headerFields(image, layout);
  const clusterBytes = BigInt(open.cluster_size);
  const sizeBytes = BigInt(open.image_size);
  const total = Number((sizeBytes + clusterBytes - 1n) / clusterBytes);
  const counts = { corruptions: 0, leaks: 0, total, allocated: 0, fragmented: 0 };
  const expect: Expectation = {
    open,
    ...(recipe.error && { error: errorDetails(recipe.error) }),
    ...(recipe.check !== "unasked" && { check: { ...counts, ...recipe.check } }),
    ...(map && { map }),
    ...(guest !== undefined && guest !== "huge" &&
      { contents: guest === "refuse" ? guest : guestContents(sizeBytes, guest) }),
    ...(read && { read }),
    ...(recipe.write && { write: guestWrite(...recipe.write) }),
    ...(recipe.repaired && { repair: afterRepair(sizeBytes, recipe.repaired) }),
  };
  return {
    name,
    about,
    made: "by hand",
    ...(layout === "rfc" && { needs: "rfc layout" }),
    files: describeFiles({ [IMAGE_NAME]: image, ...recipe.others }),
    expect,
  };
}

/** The files of a case as they are kept. */
export function describeFiles(files: Readonly<Record<string, SparseFile>>): ImageCase["files"] {
  return Object.fromEntries(
    Object.entries(files).map(([name, disk]) => [name, describeContents(disk)]),
  );
}

function guestWrite(offset: number, length: number, byte: number): GuestWrite {
  return { offset: `${offset}`, length, byte };
}

function afterRepair(sizeBytes: bigint, repaired: NonNullable<Recipe["repaired"]>): AfterRepair {
  const contents: GuestContents = guestContents(sizeBytes, repaired.guest);
  const undecided: GuestRange[] = (repaired.undecided ?? [])
    .map(([offset, length]) => ({ offset: `${offset}`, length }));
  return { contents, ...(undecided.length > 0 && { undecided }) };
}

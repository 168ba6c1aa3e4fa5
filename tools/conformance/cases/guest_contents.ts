import { createHash } from "node:crypto";
import type { GuestContents } from "./case.ts";
import {
  type Contents,
  describeContents,
  expandContents,
  expandPart,
  parsePart,
} from "../parts.ts";

/** The largest disk that is hashed as a whole, in bytes. */
const MAX_WHOLE_BYTES = 2n ** 26n;

/** A guest's disk of `sizeBytes` with these parts, and its hash (see {@linkcode GuestContents}). */
export function guestContents(sizeBytes: bigint | number, parts: readonly string[]): GuestContents {
  const contents: Contents = { bytes: `${sizeBytes}`, parts };
  const canonical = describeContents(expandContents(contents));
  return { ...canonical, sha256: hashOf(canonical) };
}

/** The hash of canonical contents. */
export function hashOf(contents: Contents): string {
  const hash = createHash("sha256");
  if (BigInt(contents.bytes) <= MAX_WHOLE_BYTES) {
    const disk = expandContents(contents);
    hash.update(disk.read(0, disk.sizeBytes));
  } else {
    for (const part of contents.parts) hash.update(expandPart(parsePart(part)));
  }
  return hash.digest("hex");
}

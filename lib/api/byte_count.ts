import { ImageError } from "../qed/mod.ts";
import type { ByteCount } from "./options.ts";

/**
 * Convert a number of bytes to a bigint. Throws {@linkcode ImageError}, with `what` as the name,
 * unless the number is whole, not negative and exact.
 */
export function byteCount(what: string, value: ByteCount): bigint {
  const isExact = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isExact) {
    const hint = Number.isInteger(value) ? "; from 2^53 on it must be a bigint" : "";
    throw new ImageError(`invalid ${what} ${value}: must be a whole number${hint}`);
  }
  if (value < 0) throw new ImageError(`invalid ${what} ${value}: must not be negative`);
  return BigInt(value);
}

/** Throw {@linkcode ImageError} unless `value` is a `Uint8Array`. */
export function requireBytes(value: Uint8Array): void {
  if (value instanceof Uint8Array) return;
  throw new ImageError("bytes must be a Uint8Array");
}

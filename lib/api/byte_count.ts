import { ImageError } from "../qed/mod.ts";
import type { ByteCount } from "./options.ts";

/**
 * A number of bytes as a bigint. Throws {@linkcode ImageError} for what is no whole number, is
 * negative, or is a number so large that it may have been rounded; `what` names it.
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

/** Throws {@linkcode ImageError} unless `value` is memory that is counted in bytes. */
export function requireBytes(value: Uint8Array): void {
  if (value instanceof Uint8Array) return;
  throw new ImageError("bytes must be a Uint8Array");
}

import { ImageError } from "./format_error.ts";

/** Throws {@linkcode ImageError} unless a range is inside a disk of `imageBytes` bytes. */
export function assertInside(
  offset: number | bigint,
  lengthBytes: number | bigint,
  imageBytes: bigint,
): void {
  if (offset >= 0 && lengthBytes >= 0 && endOf(offset, lengthBytes) <= imageBytes) return;
  throw new ImageError(
    `${lengthBytes} bytes at ${offset} are outside the image of ${imageBytes} bytes`,
  );
}

/** A bigint costs an allocation, so the end is one only where a number is not exact. */
function endOf(offset: number | bigint, lengthBytes: number | bigint): number | bigint {
  if (typeof offset === "number" && typeof lengthBytes === "number") {
    const end = offset + lengthBytes;
    if (Number.isSafeInteger(end)) return end;
  }
  return BigInt(offset) + BigInt(lengthBytes);
}

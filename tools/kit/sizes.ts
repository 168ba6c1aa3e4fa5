import { UsageError } from "./usage_error.ts";

const SUFFIXES = "bkMGTPE";

/**
 * Read a size as `qemu-img` does: bytes, or a number with one of the suffixes b, k, M, G, T, P, E
 * in either case, each 1024 times the one before; fractions such as `1.5G`, of which whole bytes
 * count, but bytes are whole; hexadecimal with `0x`, without suffix. Exact at any size. `what` names the value in the
 * {@linkcode UsageError} for anything else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseSize } from "./sizes.ts";
 *
 * assertEquals(parseSize("1.5k", "SIZE"), 1536n);
 * assertEquals(parseSize("8E", "SIZE"), 2n ** 63n);
 * ```
 */
export function parseSize(text: string, what: string): bigint {
  if (/^0x[0-9a-f]+$/i.test(text)) return BigInt(text);
  const match = /^(\d+)(?:\.(\d+))?([bkmgtpe])?$/i.exec(text);
  if (!match || match[0].length > 40) {
    throw new UsageError(
      `${what}: '${text}' is not a size: must be bytes, or a number and one of k, M, G, T, P, E`,
    );
  }
  const [, whole, fraction = "", suffix = "b"] = match;
  const power = SUFFIXES.toLowerCase().indexOf(suffix.toLowerCase());
  if (power === 0 && Number(fraction) > 0) {
    throw new UsageError(
      `${what}: '${text}' is not a whole number of bytes (add a suffix, such as 1.5K)`,
    );
  }
  return BigInt(whole + fraction) * 1024n ** BigInt(power) / 10n ** BigInt(fraction.length);
}

/** The same for a size that must fit memory or a file: at most 2^53 - 1. */
export function parseCount(text: string, what: string): number {
  const size = parseSize(text, what);
  if (size <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(size);
  throw new UsageError(`${what}: '${text}' is too large`);
}

/** Read a byte: a number from 0 to 255, or `0xff`. `what` names it in the {@linkcode UsageError}. */
export function parseByte(text: string, what: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (value <= 255) return value;
  throw new UsageError(`${what}: '${text}' is not a byte: must be from 0 to 255, or 0x00 to 0xff`);
}

/** A size for people, three digits and a binary unit, as `qemu-img info` writes it: `1.5 GiB`. */
export function formatSize(bytes: bigint | number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}B`;
}

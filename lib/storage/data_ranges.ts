import { isZero } from "./zeroes.ts";

export { isZero };

/** A part of a buffer, in bytes from its start. */
export interface ByteRange {
  /** Where it starts. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/**
 * The ranges of `bytes` that hold data, in units of `unitBytes`: a unit counts as data if any of
 * its bytes is not zero. The last unit may be shorter.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dataRanges } from "./data_ranges.ts";
 *
 * assertEquals([...dataRanges(new Uint8Array([0, 0, 0, 7, 1, 0, 0]), 2)], [{ start: 2, end: 6 }]);
 * ```
 */
export function* dataRanges(bytes: Uint8Array, unitBytes: number): Generator<ByteRange> {
  let start = -1;
  for (let at = 0; at < bytes.length; at += unitBytes) {
    // Testing the first byte avoids most of the calls.
    const isData = bytes[at] !== 0 || !isZero(bytes.subarray(at, at + unitBytes));
    if (isData && start < 0) start = at;
    if (isData || start < 0) continue;
    yield { start, end: at };
    start = -1;
  }
  if (start >= 0) yield { start, end: bytes.length };
}

import { libc } from "./libc.ts";

/** Flag of `preadv2` to read bytes in memory only, on Linux. */
const RWF_NOWAIT = 8;

/** A `struct iovec` of a 64-bit system: an address and a length in bytes. */
const vector = new BigUint64Array(2);
const vectorBytes = new Uint8Array(vector.buffer);

/**
 * Read from a file without waiting for the disk. Returns the number of bytes read, or undefined if
 * none of them are in memory or that is unknown: not Linux, no permission, a file system without
 * support, an error. The caller then reads in another way, which shows the error too.
 */
export function readCached(
  descriptor: number,
  into: Uint8Array,
  offsetBytes: number,
): number | undefined {
  const preadv2 = libc()?.preadv2;
  if (!preadv2 || into.length === 0) return undefined;
  vector[0] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(into as Uint8Array<ArrayBuffer>));
  vector[1] = BigInt(into.length);
  const count = preadv2(descriptor, vectorBytes, 1, BigInt(offsetBytes), RWF_NOWAIT);
  return count < 0n ? undefined : Number(count);
}

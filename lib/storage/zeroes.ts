import { Buffer } from "node:buffer";

const ZEROES = new Uint8Array(2 ** 16);

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  for (let start = 0; start < bytes.length; start += ZEROES.length) {
    const piece = bytes.subarray(start, start + ZEROES.length);
    if (Buffer.compare(piece, ZEROES.subarray(0, piece.length)) !== 0) return false;
  }
  return true;
}

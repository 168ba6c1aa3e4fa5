import type { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/**
 * Two hashes of 32 bits each over a sequence of numbers, for millions of short sequences a second.
 * Different sequences have different digests but for a chance of 2^-64.
 */
export class Digest {
  /** The first hash, as a signed number of 32 bits. */
  a = 0x811c9dc5 | 0;
  /** The second hash. */
  b = 0x2545f491;

  /** Add a whole number from 0 to 2^53. */
  mix(value: number): void {
    const low = value | 0;
    const high = value / 0x1_0000_0000 | 0;
    this.a = Math.imul(Math.imul(this.a ^ low, 0x01000193) ^ high, 0x01000193) ^ low;
    this.b = Math.imul(Math.imul(this.b + low, 0x5bd1e995) + high, 0x5bd1e995) +
        (low ^ (this.b >>> 15)) | 0;
  }

  /** The 64 bits as four characters, for keys of maps. */
  toString(): string {
    const { a, b } = this;
    return String.fromCharCode(a & 0xffff, a >>> 16, b & 0xffff, b >>> 16);
  }
}

/** 96 bits of the SHA-256 hash of `parts`, in base 64; neighbouring parts are kept apart. */
export function digestOf(...parts: readonly (string | number | Uint8Array)[]): string {
  return sha256(parts).toString("base64").slice(0, 16);
}

/** 32 bits of the SHA-256 hash of a text, as eight hexadecimal digits. */
export function textDigest(text: string): string {
  return sha256([text]).toString("hex").slice(0, 8);
}

/** The SHA-256 hash of `parts`, each one preceded by its length. */
export function sha256(parts: readonly (string | number | Uint8Array)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) {
    const piece = typeof part === "number" ? `${part}` : part;
    hash.update(`${piece.length};`).update(piece);
  }
  return hash.digest();
}

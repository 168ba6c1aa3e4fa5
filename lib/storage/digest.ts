/**
 * 64 bits that come out the same when the same was mixed in, in the same order, and otherwise (but
 * for 2^-64) do not.
 */
export class Digest {
  /** One half of it, as a signed number of 32 bits. */
  a = 0x811c9dc5 | 0;
  /** The other half. */
  b = 0x2545f491;

  /** Mix in a whole number from 0 to 2^53. */
  mix(value: number): void {
    const low = value | 0;
    const high = value / 0x1_0000_0000 | 0;
    this.a = Math.imul(Math.imul(this.a ^ low, 0x01000193) ^ high, 0x01000193) ^ low;
    this.b = Math.imul(Math.imul(this.b + low, 0x5bd1e995) + high, 0x5bd1e995) +
        (low ^ (this.b >>> 15)) | 0;
  }

  /** The 64 bits as four characters, for keys. */
  toString(): string {
    const { a, b } = this;
    return String.fromCharCode(a & 0xffff, a >>> 16, b & 0xffff, b >>> 16);
  }
}

/** The number of what is written before a workload begins. */
export const PREPARED = -1;

/**
 * The data that step `number` writes to a place: pairs of bytes, of which the first says which step it was
 * (a0, a1 ...) and the second which sector it is for (b0, b1 ...), so that data is known again
 * wherever it turns up.
 */
export function patternOf(number: number, offsetBytes: number, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  for (let i = 0; i < lengthBytes; i++) {
    const at = offsetBytes + i;
    bytes[i] = at % 2 === 0 ? 0xa0 + number : 0xb0 + Math.floor(at / 512);
  }
  return bytes;
}

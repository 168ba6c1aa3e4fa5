/**
 * The bytes of write `number` at an offset: a repeated group of 8 bytes that starts with the number
 * and holds the sector, so that a checker recognises the data anywhere.
 */
export function patternBytes(
  number: number,
  offsetBytes: number,
  lengthBytes: number,
): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  for (let i = 0; i < lengthBytes; i++) {
    const at = offsetBytes + i;
    const sector = Math.floor(at / 512);
    const group = [number & 0xff, number >> 8, 0xda, 0x7a, sector & 0xff, sector >> 8, 0x51, 0xed];
    bytes[i] = group[at % 8];
  }
  return bytes;
}

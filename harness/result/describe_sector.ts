/** The contents of a sector in a few words: `zeroes`, `0x41 repeated`, or the first bytes. */
export function describeSector(bytes: Uint8Array): string {
  const [first] = bytes;
  if (bytes.every((byte) => byte === first)) {
    return first === 0 ? "zeroes" : `0x${hex(first)} repeated`;
  }
  return `${Array.from(bytes.subarray(0, 8), hex).join(" ")} ...`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

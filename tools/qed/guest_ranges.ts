/** The bytes changed between two pauses: a multiple of every cluster size. */
const PIECE_BYTES = 2n ** 30n;

/** Do something to a range of the guest's disk piece by piece, the pieces cut at clusters. */
export async function inPieces(
  offset: bigint,
  length: bigint,
  change: (offset: bigint, length: bigint) => Promise<void>,
): Promise<void> {
  const end = offset + length;
  for (let at = offset; at < end;) {
    const cut = (at / PIECE_BYTES + 1n) * PIECE_BYTES;
    const next = cut < end ? cut : end;
    await change(at, next - at);
    at = next;
  }
}

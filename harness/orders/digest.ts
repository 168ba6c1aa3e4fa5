import { createHash } from "node:crypto";

/** A name for `parts`, the same for the same ones: 96 bits of a hash. */
export function digestOf(...parts: readonly (string | number | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    // The length keeps neighbours apart.
    const piece = typeof part === "number" ? `${part}` : part;
    hash.update(`${piece.length};`).update(piece);
  }
  return hash.digest("base64").slice(0, 16);
}

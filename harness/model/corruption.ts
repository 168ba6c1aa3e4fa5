import { SECTOR_BYTES } from "./contents.ts";

/**
 * The contents that an interrupted write may leave around it: noise that was never written, or
 * zeroes.
 */
export const CORRUPTION_FILLS: readonly CorruptionFill[] = ["noise", "zeroes"];
/** One of them. */
export type CorruptionFill = "noise" | "zeroes";

const NOISE = Uint8Array.from(
  { length: SECTOR_BYTES },
  (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24,
);
const ZERO_BYTES = new Uint8Array(SECTOR_BYTES);

/** A sector of a corrupted neighbourhood; do not change it. */
export function corruptedSector(fill: CorruptionFill): Uint8Array {
  return fill === "noise" ? NOISE : ZERO_BYTES;
}

/** A write that corrupted the neighbourhood that it went to. */
export interface Corruption {
  /** The event that issued it. */
  readonly event: number;
  /** The contents left there. */
  readonly fill: CorruptionFill;
}

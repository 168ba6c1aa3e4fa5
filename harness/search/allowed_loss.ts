import type { Epoch } from "../model/epoch.ts";
import type { Target } from "../target/target.ts";

/**
 * The space that a crash after `lastEvent` may lose, in bytes: the growth of the file since the
 * guest's last flush, in whole allocation units, the space given up, and `grownBytes`, the growth
 * by recoveries that a crash interrupted.
 */
export function allowedLossBytes(
  epoch: Epoch,
  lastEvent: number,
  { allocationUnitBytes: unit }: Pick<Target, "allocationUnitBytes">,
  grownBytes: number,
): number {
  let largest = epoch.settledBytes;
  for (const size of epoch.sizes) {
    if (size.event <= lastEvent) largest = Math.max(largest, size.sizeBytes);
  }
  const grown = Math.ceil((largest - epoch.settledBytes) / unit) * unit;
  const givenUp = epoch.givenUp.findLast(({ event }) => event <= lastEvent);
  const nestedGrowth = Math.ceil(grownBytes / unit) * unit;
  return grown + (givenUp?.totalBytes ?? 0) + nestedGrowth;
}

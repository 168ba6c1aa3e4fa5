import type { DiskShape } from "./disk_shape.ts";

/** Units of eight sectors, two written ones, a second table that is cut short. */
export const SHAPE: DiskShape = {
  sizeBytes: 2 ** 21 + 40 * 4096 + 512,
  allocationUnitBytes: 4096,
  tableBytes: 2 ** 21,
  alignmentBytes: 1,
  sizeStepBytes: 512,
  written: [{ offsetBytes: 0, lengthBytes: 8192 }],
  kinds: new Set(["write", "zero", "discard", "flush", "grow", "reopen", "snapshot"]),
};

/** Three sectors that are written each by itself. */
export const SMALL_SHAPE: DiskShape = {
  sizeBytes: 1536,
  allocationUnitBytes: 512,
  alignmentBytes: 512,
  sizeStepBytes: 512,
  written: [],
  kinds: new Set(["write", "flush"]),
};

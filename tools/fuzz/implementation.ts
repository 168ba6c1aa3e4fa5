import {
  checkImage,
  closeImage,
  defragmentImage,
  discardImage,
  emptyImage,
  flushImage,
  nextExtent,
  openImage,
  populateImage,
  readImage,
  repairImage,
  resizeImage,
  upgradeLayout,
  writeImage,
  writeZeroes,
} from "../../lib/qed/mod.ts";

/**
 * The operations that are put to the test. Tests put wrong ones in their place, which the oracles
 * must notice.
 */
export interface Implementation {
  /** Opens an image. */
  readonly open: typeof openImage;
  /** Checks it. */
  readonly check: typeof checkImage;
  /** Repairs it. */
  readonly repair: typeof repairImage;
  /** Says how a part of the disk is stored. */
  readonly nextExtent: typeof nextExtent;
  /** Reads what the guest sees. */
  readonly read: typeof readImage;
  /** Writes for the guest. */
  readonly write: typeof writeImage;
  /** Makes it durable. */
  readonly flush: typeof flushImage;
  /** Closes the image. */
  readonly close: typeof closeImage;
  /** Makes a range read as zeroes. */
  readonly zero: typeof writeZeroes;
  /** Gives a range up. */
  readonly discard: typeof discardImage;
  /** Copies a range from the backing file. */
  readonly populate: typeof populateImage;
  /** Changes the size of the disk. */
  readonly resize: typeof resizeImage;
  /** Brings the file into order. */
  readonly defragment: typeof defragmentImage;
  /** Turns an rfc image into a final one. */
  readonly upgrade: typeof upgradeLayout;
  /** Drops everything that the image holds. */
  readonly empty: typeof emptyImage;
}

/** Ours. */
export const OURS: Implementation = {
  open: openImage,
  check: checkImage,
  repair: repairImage,
  nextExtent,
  read: readImage,
  write: writeImage,
  flush: flushImage,
  close: closeImage,
  zero: writeZeroes,
  discard: discardImage,
  populate: populateImage,
  resize: resizeImage,
  defragment: defragmentImage,
  upgrade: upgradeLayout,
  empty: emptyImage,
};

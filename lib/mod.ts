/**
 * The reference implementation of QED, and the storage layer it runs on. Knows nothing of faults.
 *
 * Operations are generators that yield storage requests; {@linkcode runSync} and
 * {@linkcode AsyncDriver} run them over files or memory. For images in files, with everything
 * around them, see `@powercut/powercut`.
 *
 * @module
 */
export type { AccessRange } from "./storage/range_lock.ts";
export {
  type BackingReference,
  type BackingSource,
  type Block,
  BufferPool,
  type Buffers,
  changeBacking,
  checkImage,
  type CheckResult,
  closeImage,
  createImage,
  type CreateOptions,
  defragmentImage,
  type DefragmentOptions,
  type DefragmentResult,
  discardImage,
  emptyImage,
  type Extent,
  FEATURE,
  flushImage,
  FormatError,
  type FormatErrorDetails,
  type FormatProblem,
  FRESH_BUFFERS,
  type Geometry,
  type GuestPosition,
  type Header,
  type HeaderLayout,
  type HeaderString,
  ImageError,
  nextExtent,
  openImage,
  type OpenOptions,
  type OrderingProfile,
  parseHeader,
  type ParseHeaderOptions,
  populateImage,
  type PopulateOptions,
  type Prefetch,
  PROFILES,
  type ProgressListener,
  QedImage,
  QEMU,
  readImage,
  repairImage,
  type RepairOptions,
  resizeImage,
  type ResizeOptions,
  RFC,
  settleImage,
  STRICT,
  type StringPlace,
  UNORDERED,
  upgradeLayout,
  writeImage,
  writeZeroes,
} from "./qed/mod.ts";
export * from "./storage/mod.ts";

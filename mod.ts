/**
 * Two front doors. `defineFormat` and `explore` find the crash bugs of a storage format of your own:
 * they run every short workload, cut the power at every moment, and check what recovery makes of
 * every state that the disk may be in then. `Image` opens disk images in the QED format, and raw
 * ones: create, read, write, check and repair, many requests at a time, and crash-safe.
 *
 * `@powercut/powercut/harness` has more of the explorer, `@powercut/powercut/harness/advanced` its
 * parts, and `@powercut/powercut/lib` the QED format as operations that run over any storage.
 *
 * @module
 */
export * from "./harness/mod.ts";
export * from "./lib/api/mod.ts";
export { type ChainExtent, HostError, type ImageFormat } from "./lib/chain/mod.ts";
export {
  type CheckResult,
  FormatError,
  type FormatErrorDetails,
  type FormatProblem,
  type HeaderLayout,
  ImageError,
  type OrderingProfile,
  PROFILES,
  type ProgressListener,
  QEMU,
  RFC,
  STRICT,
} from "./lib/qed/mod.ts";
export {
  type DiscardRequest,
  type FileSlot,
  type Filter,
  type FlushRequest,
  type Label,
  type Operation,
  type ReadRequest,
  type Request,
  type ResizeRequest,
  type SizeRequest,
  StorageError,
  type Turn,
  type Wait,
  type WriteRequest,
} from "./lib/storage/mod.ts";

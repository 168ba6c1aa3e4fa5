/**
 * Disk images in the QED format, and raw ones: open, create, read, write, check and repair, many
 * requests at a time, and crash-safe.
 *
 * `@powercut/powercut/lib` has the format itself, as operations that run over any storage;
 * `@powercut/powercut/harness` tests storage formats for what a crash leaves of them.
 *
 * @module
 */
export * from "./lib/api/mod.ts";
export { type ChainExtent, HostError, type ImageFormat } from "./lib/chain/mod.ts";
export {
  type CheckResult,
  FormatError,
  type FormatErrorDetails,
  type HeaderLayout,
  ImageError,
  type OrderingProfile,
  type FormatProblem,
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

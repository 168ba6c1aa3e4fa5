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
export { defineFormat, Format, type FormatDefinition } from "./harness/format/define_format.ts";
export { explore } from "./harness/format/explore.ts";
export {
  type ConcurrentOptions,
  type EngineName,
  ExploreOptionError,
  type ExploreOptions,
  type ExploreProgress,
  type FormatModule,
  type RandomOptions,
  type RunTimeFaultName,
} from "./harness/format/explore_options.ts";
export {
  type AssertCleanOptions,
  type ExploreCoverage,
  ExploreResult,
  NotCleanError,
} from "./harness/format/explore_result.ts";
export type { Finding } from "./harness/format/finding.ts";
export { FormatRefusal } from "./harness/format/format_refusal.ts";
export { replay, type ReplayResult } from "./harness/format/replay.ts";
export { ReplayTokenError } from "./harness/format/replay_token.ts";
export {
  bySector,
  fileSize,
  FLUSH,
  read,
  readData,
  resize,
  write,
} from "./harness/format/requests.ts";
export { shrink, type ShrunkFinding } from "./harness/format/shrink_finding.ts";
export {
  BLOCKS,
  LYING_FLUSH,
  neighbourCorruption,
  ORDERED,
  type Preset,
  SECTORS,
  SURVIVABLE_PRESETS,
  TORN_SECTOR,
  WRITES,
} from "./harness/model/presets.ts";
export type { GuestRange, Inspection } from "./harness/target/target.ts";
export type { Step } from "./harness/target/subject.ts";
export type { Violation, ViolationKind } from "./harness/result/violation.ts";
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

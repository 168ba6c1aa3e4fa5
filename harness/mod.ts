/**
 * The explorer of crash states, as `@powercut/powercut` has it: define a format, explore it, replay and
 * shrink what was found. Knows no format of its own. Its parts are in
 * `@powercut/powercut/harness/advanced`.
 *
 * @module
 */
export { defineFormat, Format, type FormatDefinition } from "./format/define_format.ts";
export { explore } from "./format/explore.ts";
export {
  type ConcurrentOptions,
  type EngineName,
  ExploreOptionError,
  type ExploreOptions,
  type ExploreProgress,
  type FormatModule,
  type RandomOptions,
  type RunTimeFaultName,
} from "./format/explore_options.ts";
export {
  type AssertCleanOptions,
  type ExploreCoverage,
  ExploreResult,
  NotCleanError,
} from "./format/explore_result.ts";
export type { Finding } from "./format/finding.ts";
export { FormatRefusal } from "./format/format_refusal.ts";
export { replay, type ReplayResult } from "./format/replay.ts";
export { ReplayTokenError } from "./format/replay_token.ts";
export { bySector, fileSize, FLUSH, read, readData, resize, write } from "./format/requests.ts";
export { shrink, type ShrunkFinding } from "./format/shrink_finding.ts";
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
} from "./model/presets.ts";
export type { Violation, ViolationKind } from "./result/violation.ts";
export type { Step } from "./target/subject.ts";
export type { GuestRange, Inspection } from "./target/target.ts";

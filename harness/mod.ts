/**
 * The harness: records what a storage format does to its file, works out every state that a crash
 * can leave, and judges what recovery makes of each. Knows no format.
 *
 * @module
 */
export {
  type Certificate,
  certificateText,
  coverageInWords,
  type SearchEffort,
} from "./certificate.ts";
export { exploreByBruteForce, SpaceTooLargeError } from "./engine/brute.ts";
export * from "./engine/choices.ts";
export { judgeConcretely, prepareTrial, type Trial } from "./engine/concrete_judge.ts";
export { CrashPoints } from "./engine/crash_points.ts";
export { CrashPoint, type Persisted, type PersistedAgain } from "./engine/crash_point.ts";
export type { PointUnit } from "./engine/point_units.ts";
export { type LaterCrash, persistedVersions, spellOutAgain } from "./engine/findings.ts";
export { type FoundState, judgeFound } from "./engine/judge_found.ts";
export { DiskReplay, type SizeEvent, type WriteEvent } from "./engine/disk_replay.ts";
export { GuestReplay } from "./engine/guest_replay.ts";
export { Replay } from "./engine/replay.ts";
export { exploreByDeepening } from "./engine/deepening.ts";
export { differenceOf, NotDeterministicError } from "./engine/not_deterministic_error.ts";
export { TargetError } from "./engine/target_error.ts";
export { exploreLazily } from "./engine/lazy.ts";
export { exploreBySampling } from "./engine/sampled.ts";
export * from "./exploration.ts";
export * from "./faults/mod.ts";
export * from "./log/dm_log_writes.ts";
export { EventFile, type EventStore } from "./log/event_store.ts";
export * from "./log/interleave.ts";
export * from "./log/log_format_error.ts";
export * from "./log/recorder.ts";
export * from "./log/trace_digest.ts";
export * from "./log/trace_hash.ts";
export {
  type ByteSource,
  describeEvent,
  type LogEvent,
  storageSource,
  type WriteLog,
} from "./log/write_log.ts";
export * from "./model/paged_storage.ts";
export * from "./model/presets.ts";
export type { RuinedBy, RuinFill } from "./model/ruin.ts";
export type { Tear, UnitVersion } from "./model/unit_version.ts";
export * from "./orders/explore_orders.ts";
export type { WatchedRun } from "./orders/order_watch.ts";
export * from "./orders/sample_orders.ts";
export { reportPage } from "./page/report_page.ts";
export type * from "./page/document.ts";
export { type FileRange, type FileStages, sectorStages } from "./page/sector_stages.ts";
export { timelineEntries, type TimelineOptions } from "./page/timeline_entries.ts";
export { exploreInParallel, type ParallelOptions } from "./parallel/explore_in_parallel.ts";
export {
  explorePartially,
  MergeError,
  mergePartials,
  type PartialOptions,
  type PartialResult,
  type Shard,
  type StoredPersisted,
  type StoredSighting,
} from "./parallel/partial.ts";
export type { Problem, ProblemModule, Recipe } from "./parallel/problem.ts";
export { type Fate, fateOf } from "./report/fate_of.ts";
export { eventWords } from "./report/event_words.ts";
export { formatStates } from "./report/states.ts";
export { coverageText } from "./report/coverage_text.ts";
export { textTable } from "./report/table.ts";
export { timeline } from "./report/timeline.ts";
export { violationText } from "./report/violation_text.ts";
export * from "./shrink/explain.ts";
export * from "./shrink/explanation_text.ts";
export { type FindOptions, findViolation, type Search } from "./shrink/find_violation.ts";
export { shrinkState } from "./shrink/shrink_state.ts";
export * from "./shrink/shrink_steps.ts";
export * from "./shrink/shrink_workload.ts";
export * from "./subject.ts";
export * from "./target.ts";
export * from "./verdict_class.ts";
export * from "./violation.ts";
export * from "./workload/all_workloads.ts";
export * from "./workload/alphabet.ts";
export type { DiskShape } from "./workload/disk_shape.ts";
export { type RandomWorkloadOptions, randomWorkloads } from "./workload/random_workloads.ts";
export * from "./workload/sweep.ts";
export type * from "./workload/sweep_result.ts";
export {
  type GeneratedWorkload,
  givenWorkload,
  stepText,
  type WorkloadOrigin,
  type WorkloadSource,
} from "./workload/workload_source.ts";

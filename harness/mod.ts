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
} from "./result/certificate.ts";
export { exploreByBruteForce, SpaceTooLargeError } from "./reference/brute.ts";
export * from "./choices/choices.ts";
export { checkState, prepareContext, type ReferenceContext } from "./reference/check_state.ts";
export { CrashPoints } from "./reference/crash_points.ts";
export { CrashPoint } from "./reference/crash_point.ts";
export type { NestedCrash, Persisted } from "./model/persisted.ts";
export type { PointUnit } from "./reference/point_units.ts";
export { persistedVersions, type PlannedCrash, spellOutNested } from "./reference/spell_out.ts";
export { checkFound, type FoundState } from "./reference/check_found.ts";
export { DiskReplay, type SizeEvent, type WriteEvent } from "./reference/disk_replay.ts";
export { GuestReplay } from "./reference/guest_replay.ts";
export { Replay } from "./reference/replay.ts";
export { exploreByDeepening } from "./engine/deepening.ts";
export { differenceOf, NotDeterministicError } from "./choices/not_deterministic_error.ts";
export { TargetError } from "./target/target_error.ts";
export { exploreLazily } from "./engine/lazy.ts";
export { exploreBySampling } from "./engine/sampled.ts";
export * from "./result/exploration.ts";
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
export type { Corruption, CorruptionFill } from "./model/corruption.ts";
export type { Tear, UnitVersion } from "./model/unit_version.ts";
export * from "./orders/explore_orders.ts";
export type { WatchedRun } from "./orders/order_watch.ts";
export * from "./orders/sample_orders.ts";
export { reportPage } from "./report/html/report_page.ts";
export type * from "./report/html/document.ts";
export { type FileRange, type FileStages, sectorStages } from "./report/html/sector_stages.ts";
export { timelineEntries } from "./report/html/timeline_entries.ts";
export type { TimelineOptions } from "./report/timeline.ts";
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
export { outcomeOf, type WriteOutcome } from "./report/write_outcome.ts";
export { eventWords } from "./report/text/describe_event.ts";
export { formatStates } from "./result/state_count.ts";
export { coverageText } from "./report/text/coverage_text.ts";
export { textTable } from "./report/text/table.ts";
export { timeline } from "./report/text/timeline.ts";
export { violationText } from "./report/text/violation_text.ts";
export * from "./shrink/explain.ts";
export * from "./shrink/explanation_text.ts";
export { type FindOptions, findViolation, type Search } from "./shrink/find_violation.ts";
export { shrinkState } from "./shrink/shrink_state.ts";
export * from "./shrink/shrink_steps.ts";
export * from "./shrink/shrink_workload.ts";
export * from "./target/subject.ts";
export * from "./target/target.ts";
export * from "./result/verdict_class.ts";
export * from "./result/violation.ts";
export * from "./workload/all_workloads.ts";
export * from "./workload/operation_set.ts";
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

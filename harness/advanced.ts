/**
 * The parts of the explorer, for those who take it apart: record a workload of a driver, read a log that
 * something else recorded, run one engine on one log, build and check single crash states, explain and
 * report. With all of `@powercut/powercut/harness`.
 *
 * @module
 */
export * from "./mod.ts";
export {
  ChoiceError,
  type Choices,
  ExhaustiveChoices,
  RecordedChoices,
} from "./choices/choices.ts";
export { differenceOf, NotDeterministicError } from "./choices/not_deterministic_error.ts";
export { exploreByDeepening } from "./engine/deepening.ts";
export { exploreLazily } from "./engine/lazy.ts";
export { exploreBySampling } from "./engine/sampled.ts";
export * from "./faults/mod.ts";
export { subjectOf } from "./format/define_format.ts";
export type { StopReason } from "./format/explore_result.ts";
export type {
  BitRotFinding,
  CrashFinding,
  FindingBase,
  FindingFault,
  RefusedFinding,
  SessionFinding,
} from "./format/finding.ts";
export type { FaultReport } from "./format/tally.ts";
export {
  DM_LOG_MAGIC,
  type DmLogEntry,
  encodeDmLog,
  eventsOf,
  type NewDmLogEntry,
  parseDmLog,
} from "./log/dm_log_writes.ts";
export { EventFile, type EventStore } from "./log/event_store.ts";
export type { ChoiceFunction, InFlight, Scheduler } from "./log/interleave.ts";
export { LogFormatError } from "./log/log_format_error.ts";
export { Recorder } from "./log/recorder.ts";
export { traceDifference, type TraceDigest, traceDigest } from "./log/trace_digest.ts";
export { type TraceContext, traceHash } from "./log/trace_hash.ts";
export { type ByteSource, type LogEvent, storageSource, type WriteLog } from "./log/write_log.ts";
export type { Corruption, CorruptionFill } from "./model/corruption.ts";
export { PagedStorage, STORAGE_PAGE_BYTES } from "./model/paged_storage.ts";
export type { NestedCrash, Persisted } from "./model/persisted.ts";
export { presetNamed, PRESETS } from "./model/presets.ts";
export type { Tear, UnitVersion } from "./model/unit_version.ts";
export {
  exploreOrders,
  type OrderedRun,
  type OrderExploration,
  type OrderOptions,
  type OrderScheduler,
} from "./orders/explore_orders.ts";
export type { WatchedRun } from "./orders/order_watch.ts";
export {
  type SampledOrders,
  type SampleOptions,
  sampleOrders,
  shrinkOrder,
} from "./orders/sample_orders.ts";
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
export type { Problem, Recipe } from "./parallel/problem.ts";
export { exploreByBruteForce, SpaceTooLargeError } from "./reference/brute.ts";
export { checkFound, type FoundState } from "./reference/check_found.ts";
export { checkState, prepareContext, type ReferenceContext } from "./reference/check_state.ts";
export { CrashPoint } from "./reference/crash_point.ts";
export { CrashPoints } from "./reference/crash_points.ts";
export { GuestReplay } from "./reference/guest_replay.ts";
export type { PointUnit } from "./reference/point_units.ts";
export { persistedVersions, type PlannedCrash, spellOutNested } from "./reference/spell_out.ts";
export type {
  ReportDocument,
  ReportLive,
  ReportStages,
  ReportTable,
  ReportViolation,
  StageRow,
  TimelineEntry,
} from "./report/html/document.ts";
export { reportPage } from "./report/html/report_page.ts";
export { type FileRange, type FileStages, sectorStages } from "./report/html/sector_stages.ts";
export { timelineEntries } from "./report/html/timeline_entries.ts";
export { coverageText } from "./report/text/coverage_text.ts";
export { eventWords } from "./report/text/describe_event.ts";
export { textTable } from "./report/text/table.ts";
export { timeline } from "./report/text/timeline.ts";
export { violationText } from "./report/text/violation_text.ts";
export type { TimelineOptions } from "./report/timeline.ts";
export { outcomeOf, type WriteOutcome } from "./report/write_outcome.ts";
export {
  type Certificate,
  certificateText,
  type Coverage,
  coverageInWords,
  type SearchEffort,
} from "./result/certificate.ts";
export type {
  EngineOptions,
  Exploration,
  ExplorationListener,
  FoundNestedCrash,
  FoundViolation,
  PersistedVersion,
} from "./result/exploration.ts";
export { formatStates, type StateCount } from "./result/state_count.ts";
export type { VerdictClass } from "./result/verdict_class.ts";
export { VIOLATION_KINDS, violationKey } from "./result/violation.ts";
export {
  explain,
  type ExplainOptions,
  type Explanation,
  type MissingFlush,
  type Remedy,
} from "./shrink/explain.ts";
export { type Explained, explanationText } from "./shrink/explanation_text.ts";
export { type FindOptions, findViolation, type Search } from "./shrink/find_violation.ts";
export { shrinkState } from "./shrink/shrink_state.ts";
export {
  type ShrinkEffort,
  type ShrinkOptions,
  shrinkWorkload,
  type ShrunkWorkload,
} from "./shrink/shrink_workload.ts";
export type { CheckContext } from "./target/check_context.ts";
export type { RangeStep, Recording, Subject } from "./target/subject.ts";
export type { DescribedWrite, IndependenceHints, Refusal, Target } from "./target/target.ts";
export { TargetError } from "./target/target_error.ts";
export { allWorkloads } from "./workload/all_workloads.ts";
export type { DiskShape } from "./workload/disk_shape.ts";
export { type RandomWorkloadOptions, randomWorkloads } from "./workload/random_workloads.ts";
export { sweep, type SweepOptions } from "./workload/sweep.ts";
export type { SweepCoverage, SweepFinding, SweepResult } from "./workload/sweep_result.ts";
export {
  type GeneratedWorkload,
  givenWorkload,
  stepText,
  type WorkloadOrigin,
  type WorkloadSource,
} from "./workload/workload_source.ts";

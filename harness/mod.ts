/**
 * The harness: records what a storage format does to its file, works out every state that a crash
 * can leave, and judges what recovery makes of each. Knows no format.
 *
 * @module
 */
export * from "./engine/brute.ts";
export * from "./engine/choices.ts";
export * from "./engine/crash_point.ts";
export * from "./engine/lazy.ts";
export * from "./exploration.ts";
export * from "./engine/concrete_judge.ts";
export { persistedVersions } from "./engine/findings.ts";
export * from "./log/dm_log_writes.ts";
export * from "./log/log_file.ts";
export * from "./log/log_format_error.ts";
export * from "./log/recorder.ts";
export * from "./log/trace_hash.ts";
export * from "./log/write_log.ts";
export * from "./model/presets.ts";
export * from "./model/paged_storage.ts";
export * from "./report/states.ts";
export * from "./report/table.ts";
export * from "./report/timeline.ts";
export * from "./report/violation_text.ts";
export * from "./target.ts";
export * from "./violation.ts";

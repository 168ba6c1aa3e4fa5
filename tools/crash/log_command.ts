import {
  certificateText,
  coverageInWords,
  type Exploration,
  formatStates,
  type FoundViolation,
  type Preset,
} from "../../harness/mod.ts";
import type { RecordedLog } from "../../scenarios/qed/recorded_log.ts";
import { logProblem, openLog } from "./problem.ts";
import { Explorer } from "./explore_problem.ts";
import { writePartialFile } from "./partial_file.ts";
import type { SearchOptions } from "./search_options.ts";
import { explorationReport } from "./report/results_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { groupByState } from "../../scenarios/qed/group_by_state.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { replayFileOf } from "./replay_file.ts";
import { saveReplay } from "./save_replay.ts";

/** Options of `log`. */
export interface LogOptions {
  readonly log: string;
  readonly base: string;
  readonly format: string;
  readonly preset: string;
  readonly json: boolean;
  readonly saveTo: string | undefined;
  /** The page to write; undefined for none. */
  readonly report?: ReportRequest | undefined;
}

/** Explore a recorded log and print what was found. Exit code 0 if clean, 1 if not. */
export async function logCommand(
  options: LogOptions & { readonly search: SearchOptions },
  output: Output,
): Promise<number> {
  const { search, log, base, preset } = options;
  const { depth, out, shard } = search;
  const input = { log, base, preset: lookUpPreset(preset).name, depth };
  const explorer = new Explorer(search, output);
  using recorded = openLog(log, base);
  const { exploration, partial } = await explorer.explore(
    logProblem(recorded, input),
    input,
    (done, total, recoveries) =>
      output.progress(`crash point ${done} of ${total}, ${recoveries} recoveries`),
  );
  if (out !== undefined && partial) writePartialFile(out, [{ input, partial }]);
  if (options.report) await reportLog(exploration, options.report, options);
  if (!shard || !partial) return tellLog(exploration, recorded, options, output);
  output.print(
    `share ${shard.index} of ${shard.count} is in ${out}: ${partial.items.length} parts, ` +
      `${partial.effort.recoveries} recoveries, ${exploration.violations.length} violations so far`,
  );
  return exploration.verdict === "clean" ? EXIT.OK : EXIT.VIOLATION;
}

/** Write the page of a log that was explored. */
export async function reportLog(
  exploration: Exploration,
  report: ReportRequest,
  options: LogOptions,
): Promise<void> {
  const firsts = groupByState(exploration.violations).map(([first]) => first);
  const found = firsts.map((violation) => ({
    violation,
    replay: replayOf(violation, exploration, options),
  }));
  const title = options.log.split("/").pop()!;
  writeReport(report.path, await explorationReport(exploration, found, title, contextOf(report)));
}

/** Print what was found in a recorded log. Answers the exit code. */
export function tellLog(
  exploration: Exploration,
  recorded: RecordedLog,
  options: LogOptions,
  output: Output,
): number {
  if (options.json) {
    output.print(JSON.stringify(logJson(exploration, recorded, options), undefined, 2));
  } else printText(exploration, recorded, lookUpPreset(options.preset), options, output);
  return exploration.verdict === "clean" ? EXIT.OK : EXIT.VIOLATION;
}

function logJson(
  exploration: Exploration,
  recorded: RecordedLog,
  options: LogOptions,
): Record<string, unknown> {
  const { violations, events: _events, ...rest } = exploration;
  return {
    ...rest,
    log: options.log,
    base: options.base,
    format: options.format,
    entries: recorded.entryCount,
    mappedClusters: recorded.mappedClusters,
    watchedClusters: recorded.watchedClusters,
    violations: violations.map((violation) => ({
      kind: violation.kind,
      subject: violation.subject,
      detail: violation.detail,
      crashAfterEntry: entryBefore(violation, recorded),
      reachedDisk: violation.persisted.map(({ event, ...version }) => ({
        entry: recorded.entryOfEvent[event],
        ...version,
      })),
      sizeBytes: violation.sizeBytes,
      pendingWrites: violation.pendingWrites,
      occurrences: violation.occurrences,
      replay: replayOf(violation, exploration, options),
    })),
  };
}

/** The last entry of the log that happened before the crash; -1 if none did. */
function entryBefore(violation: FoundViolation, recorded: RecordedLog): number {
  return recorded.entryOfEvent[violation.crashAfterEvent] ?? -1;
}

function replayOf(violation: FoundViolation, exploration: Exploration, options: LogOptions) {
  return replayFileOf(violation, {
    source: { log: options.log, base: options.base },
    profile: "qemu",
    preset: options.preset,
    traceHash: exploration.traceHash,
  });
}

function printText(
  exploration: Exploration,
  recorded: RecordedLog,
  preset: Preset,
  options: LogOptions,
  output: Output,
): void {
  const { violations, states, recoveries } = exploration;
  output.print(
    `${options.log}: ${recorded.entryCount} entries, ${formatStates(states)} states under ` +
      `${preset.name} (${preset.summary}), ` +
      `${coverageInWords(exploration.certificate.coverage, states)}, ${recoveries} recoveries`,
  );
  if (recorded.watchedClusters < recorded.mappedClusters) {
    output.print(
      `besides what the log writes, ${recorded.watchedClusters} of the ` +
        `${recorded.mappedClusters} clusters mapped before it were read after each recovery`,
    );
  }
  for (const [violation, ...alike] of groupByState(violations)) {
    output.print(`\n${violation.kind}: ${violation.detail}`);
    if (alike.length > 0) output.print(`  and ${alike.length} more sectors or entries like it`);
    output.print(
      `  crash after entry ${entryBefore(violation, recorded)}; of ${violation.pendingWrites} ` +
        "write(s) on their way, this reached the disk " +
        `(the file has ${violation.sizeBytes} bytes):`,
    );
    if (violation.persisted.length === 0) output.print("    nothing");
    for (const { event, label, lengthBytes, offsetBytes } of violation.persisted) {
      output.print(
        `    entry ${recorded.entryOfEvent[event]}: ${label}, ${lengthBytes} bytes at ` +
          `${offsetBytes}`,
      );
    }
    if (options.saveTo !== undefined) {
      const path = saveReplay(options.saveTo, replayOf(violation, exploration, options), output);
      if (path !== undefined) output.print(`  replay: deno task crash replay ${path}`);
    }
  }
  output.print(`\n${certificateText(exploration.certificate)}`);
  output.print(
    violations.length === 0 ? "\nclean" : `\n${violations.length} different violations`,
  );
}

import {
  certificateText,
  coverageInWords,
  type Exploration,
  formatStates,
  type FoundViolation,
  type Preset,
} from "../../harness/advanced.ts";
import type { RecordedLog } from "../../scenarios/qed/recorded_log.ts";
import { printJson } from "../kit/json.ts";
import { logProblem, openLog } from "./problem.ts";
import { Explorer } from "./explore_problem.ts";
import { writePartialFile } from "./partial_file.ts";
import type { SearchOptions } from "./search_options.ts";
import { explorationReport } from "./report/results_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { groupByState } from "../../scenarios/qed/group_by_state.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { EXIT } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import type { OutputOptions } from "./options.ts";
import { replayFileOf } from "./replay_file.ts";
import { saveReplay } from "./save_replay.ts";

/** Options of `log`. */
export interface LogOptions extends OutputOptions {
  readonly log: string;
  readonly base: string;
  readonly format: string;
  readonly preset: string;
}

/** Explore a recorded log and print its violations. Exit code 0 if clean, 1 if not. */
export async function logCommand(
  options: LogOptions & { readonly search: SearchOptions },
  io: Io,
): Promise<number> {
  const { search, log, base, preset } = options;
  const { depth, out, shard } = search;
  const input = { log, base, preset: lookUpPreset(preset).name, depth };
  const explorer = new Explorer(search, io);
  using recorded = openLog(log, base);
  const { exploration, partial } = await explorer.explore(
    logProblem(recorded, input),
    input,
    (done, total, recoveries) =>
      io.showStatus(`crash point ${done} of ${total}, ${recoveries} recoveries`),
  );
  if (out !== undefined && partial) writePartialFile(out, [{ input, partial }]);
  if (options.report) await reportLog(exploration, recorded, options.report, options);
  if (!shard || !partial) return printLog(exploration, recorded, options, io);
  io.printLine(
    `shard ${shard.index} of ${shard.count} is in ${out}: ${partial.items.length} parts, ` +
      `${partial.effort.recoveries} recoveries, ${exploration.violations.length} violations so far`,
  );
  return exploration.verdict === "clean" ? EXIT.OK : EXIT.FINDING;
}

/** Write the HTML report of a log that was explored. */
export async function reportLog(
  exploration: Exploration,
  recording: RecordedLog,
  report: ReportRequest,
  { log, base, preset }: LogOptions,
): Promise<void> {
  const title = log.split("/").pop()!;
  const words = ["crash", "log", log, "--base", base, "--preset", preset];
  const replay = report.commandText(...words);
  const context = { recording, preset: lookUpPreset(preset), title, replay };
  const found = groupByState(exploration.violations)
    .map(([violation]) => ({ violation, ...context }));
  writeReport(report.path, await explorationReport(exploration, found, title, contextOf(report)));
}

/** Print the violations in a recorded log. Returns the exit code. */
export function printLog(
  exploration: Exploration,
  recorded: RecordedLog,
  options: LogOptions,
  io: Io,
): number {
  if (options.json) {
    printJson(io, logJson(exploration, recorded, options));
  } else printText(exploration, recorded, lookUpPreset(options.preset), options, io);
  return exploration.verdict === "clean" ? EXIT.OK : EXIT.FINDING;
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
  io: Io,
): void {
  const { violations, states, recoveries } = exploration;
  io.printLine(
    `${options.log}: ${recorded.entryCount} entries, ${formatStates(states)} states under ` +
      `${preset.name} (${preset.summary}), ` +
      `${coverageInWords(exploration.certificate.coverage, states)}, ${recoveries} recoveries`,
  );
  if (recorded.watchedClusters < recorded.mappedClusters) {
    io.printLine(
      `each recovery is checked in the ranges that the log writes, and in ` +
        `${recorded.watchedClusters} of the ${recorded.mappedClusters} clusters mapped before it`,
    );
  }
  for (const [violation, ...alike] of groupByState(violations)) {
    io.printLine(`\n${violation.kind}: ${violation.detail}`);
    if (alike.length > 0) io.printLine(`  and ${alike.length} more sectors or entries like it`);
    io.printLine(
      `  crash after entry ${entryBefore(violation, recorded)}; of ${violation.pendingWrites} ` +
        "pending write(s), these reached the disk " +
        `(the file has ${violation.sizeBytes} bytes):`,
    );
    if (violation.persisted.length === 0) io.printLine("    nothing");
    for (const { event, label, lengthBytes, offsetBytes } of violation.persisted) {
      io.printLine(
        `    entry ${recorded.entryOfEvent[event]}: ${label}, ${lengthBytes} bytes at ` +
          `${offsetBytes}`,
      );
    }
    if (options.saveTo !== undefined) {
      const path = saveReplay(options.saveTo, replayOf(violation, exploration, options), io);
      if (path !== undefined) io.printLine(`  replay: ${io.commandText("crash", "replay", path)}`);
    }
  }
  io.printLine(`\n${certificateText(exploration.certificate)}`);
  io.printLine(
    violations.length === 0 ? "\nclean" : `\n${violations.length} different violations`,
  );
}

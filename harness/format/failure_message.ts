import { CrashPoint } from "../reference/crash_point.ts";
import { faultyRunAt } from "../faults/explore_faults.ts";
import { FAULTS } from "../faults/mod.ts";
import type { WriteLog } from "../log/write_log.ts";
import { presetNamed } from "../model/presets.ts";
import { timeline } from "../report/text/timeline.ts";
import type { Violation } from "../result/violation.ts";
import type { CrashFinding, Finding } from "./finding.ts";
import type { FormatBinding } from "./format_binding.ts";
import { recordInOrder } from "./format_problem.ts";
import { shrink } from "./shrink_finding.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** The whole story of a finding, made as small as it gets, and the token that replays it. */
export function failureMessage(
  found: Finding,
  binding: FormatBinding,
): { readonly message: string; readonly token: string } {
  const { finding, explanation } = shrink(found);
  const { violation, token, words } = finding;
  const lines = [
    `'${binding.name}' is not crash-safe: ${violation.kind}, ${summaryOf(finding)}`,
    "",
    "Workload, the shortest that fails:",
    ...words.map((each, i) => `  ${i + 1}. ${each}`),
    ...(finding.kind === "crash" ? crashLines(finding, binding) : []),
    "",
    "Violation:",
    `  ${violation.kind}: ${violation.detail}${addressOf(violation)}`,
    ...(explanation.length > 0 ? ["", "Why:", ...explanation.map((each) => `  ${each}`)] : []),
    "",
    "Replay:",
    `  replay(${nameInCode(binding.name)}, "${token}")`,
  ];
  return { message: lines.join("\n"), token };
}

/** The failure, in a few words. */
function summaryOf(finding: Finding): string {
  switch (finding.kind) {
    case "crash": {
      const { fault, preset, violation: { nested = [] } } = finding;
      const crashes = nested.length === 0 ? "a power cut" : `${1 + nested.length} power cuts`;
      const storage = fault ? ` and the storage fault '${fault.name}'` : "";
      return `after ${crashes}${storage} (fault model '${preset}')`;
    }
    case "refused":
      return "without any power cut";
    case "session":
      return `after the storage fault '${finding.fault.name}', without any power cut`;
    case "bit-rot":
      return `when bit ${finding.bit} of the closed file changes`;
  }
}

/** When the power fails and what is on disk then. */
function crashLines(finding: CrashFinding, binding: FormatBinding): string[] {
  const { violation: { crashAfterEvent, persisted, nested = [], corruption, sizeBytes } } = finding;
  const log = logOf(finding, binding);
  const point = new CrashPoint(log, presetNamed(finding.preset)!, crashAfterEvent);
  return [
    ...(finding.order ? [`  in the order of completion ${finding.order.join(" ")}`] : []),
    "",
    `Writes (= durable, + on disk, ~ on disk in part, - lost; the file has ${sizeBytes} bytes):`,
    ...timeline(log, crashAfterEvent, persisted, point.pendingEvents).split("\n"),
    ...(corruption
      ? [`  The write of event ${corruption.event} left ${corruption.fill} around it.`]
      : []),
    ...nested.map(({ afterEvent }) =>
      `  Then the power fails again, in recovery, after its event ${afterEvent}.`
    ),
  ];
}

function logOf({ steps, order, fault }: CrashFinding, binding: FormatBinding): WriteLog {
  if (!fault) return recordInOrder(binding, steps, order).log;
  const run = (filter: Parameters<FormatBinding["faultyRun"]>[1]) =>
    binding.faultyRun(steps, filter);
  return faultyRunAt(run, FAULTS[fault.name], fault.nth)!.log;
}

/** Where on the disk a violation is, if it is about a sector. */
function addressOf({ subject }: Violation): string {
  const sector = /^guest sector (\d+)$/.exec(subject)?.[1];
  if (sector === undefined) return "";
  const start = Number(sector) * SECTOR_BYTES;
  return ` (bytes ${start} to ${start + SECTOR_BYTES - 1} of the disk)`;
}

/** A name for the format in a line of code. */
function nameInCode(name: string): string {
  return /^[A-Za-z]\w*$/.test(name) ? name : "format";
}

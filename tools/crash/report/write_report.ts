import { type ReportDocument, reportPage } from "../../../harness/advanced.ts";
import type { Io } from "../../kit/io.ts";
import { writeTextFile } from "../../kit/files.ts";

/** The command that writes a report, and the versions that it ran with. */
export interface ReportContext {
  /** The command, as it was typed. */
  readonly command: string;
  /** A command line of ours to copy; the words begin with the program. */
  readonly commandText: Io["commandText"];
  /** Versions and the like. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** An HTML report that the user asks for. */
export interface ReportRequest {
  /** Where it goes. */
  readonly path: string;
  /** The command, as it was typed. */
  readonly command: string;
  /** A command line of ours to copy; the words begin with the program. */
  readonly commandText: Io["commandText"];
  /** The date, for people. */
  readonly date: string;
}

/** The context of any report; `facts` are those of the command. */
export function contextOf(
  { command, commandText, date }: ReportRequest,
  facts: ReportContext["facts"] = [],
): ReportContext {
  return { command, commandText, facts: [["date", date], ["Deno", Deno.version.deno], ...facts] };
}

/** Write a report to a file. Throws {@linkcode UsageError} if that can't be done. */
export function writeReport(path: string, report: ReportDocument): void {
  writeTextFile(path, reportPage(report));
}

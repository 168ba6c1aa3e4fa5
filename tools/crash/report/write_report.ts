import { type ReportDocument, reportPage } from "../../../harness/mod.ts";
import { UsageError } from "../../kit/usage_error.ts";

/** What a command of ours was, and what it was run with. */
export interface ReportContext {
  /** The command, as it was typed. */
  readonly command: string;
  /** Versions and the like. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** A report that was asked for. */
export interface ReportRequest {
  /** Where it goes. */
  readonly path: string;
  /** The command, as it was typed. */
  readonly command: string;
  /** When, for people. */
  readonly date: string;
}

/** What any report begins with; `facts` are the command's own. */
export function contextOf(
  { command, date }: ReportRequest,
  facts: ReportContext["facts"] = [],
): ReportContext {
  return { command, facts: [["date", date], ["Deno", Deno.version.deno], ...facts] };
}

/** Write a report to a file. Throws {@linkcode UsageError} if that can't be done. */
export function writeReport(path: string, report: ReportDocument): void {
  try {
    Deno.writeTextFileSync(path, reportPage(report));
  } catch (error) {
    throw new UsageError(`--report ${path}: ${(error as Error).message}`);
  }
}

import type { WriteOutcome } from "../write_outcome.ts";

/** A report as data: what a page shows, without how it shows it. */
export interface ReportDocument {
  /** What was run, in a few words. */
  readonly title: string;
  /** What came out, in a sentence. */
  readonly summary: string;
  /** The command that does it again. */
  readonly command: string;
  /** Facts such as versions and presets: a name and a value each. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Tables; those that are drawn too come after what was found. */
  readonly tables: readonly ReportTable[];
  /** What was found. */
  readonly violations: readonly ReportViolation[];
  /** What one has to know to read it. */
  readonly notes: readonly string[];
  /** What the page needs to judge states itself; undefined if it can't. */
  readonly live?: ReportLive;
}

/** A table; with `bars` it is drawn as well. */
export interface ReportTable {
  /** What it shows. */
  readonly title: string;
  /** The head of each column. */
  readonly head: readonly string[];
  /** The rows. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers, which are set to the right. */
  readonly numeric?: readonly number[];
  /** Columns whose numbers are drawn as bars, one group for each row. */
  readonly bars?: readonly number[];
}

/** Something that was found, in its smallest state. */
export interface ReportViolation {
  /** Where, and of what kind. */
  readonly title: string;
  /** Its kind. */
  readonly kind: string;
  /** What was expected, and what came. */
  readonly detail: string;
  /** Why, in sentences. */
  readonly explanation: readonly string[];
  /** Commands that show it again. */
  readonly replay: readonly string[];
  /** What happened, up to the crash. */
  readonly timeline: readonly TimelineEntry[];
  /** What is on disk before, as the crash left it, and after recovery. */
  readonly stages?: ReportStages;
  /** The number of its case among those that the page can judge; undefined if there is none. */
  readonly liveCase?: number;
  /** Why there is none. */
  readonly noLive?: string;
}

/** One thing that happened. */
export interface TimelineEntry {
  /** What kind of thing. */
  readonly kind: "guest" | "write" | "flush" | "size" | "note" | "crash";
  /** What it was for: the lane that it is drawn in. */
  readonly lane: string;
  /** What it was, in words. */
  readonly text: string;
  /** What became of it; for writes only. */
  readonly outcome?: WriteOutcome;
  /** For a guest's request: after which entry it was answered; undefined if it was not. */
  readonly answeredAt?: number;
}

/** The same things at three moments. */
export interface ReportStages {
  /** What the rows are: table entries, or sectors. */
  readonly title: string;
  /** The rows. */
  readonly rows: readonly StageRow[];
  /** What was left out, if anything was. */
  readonly note?: string;
}

/** One thing at three moments. */
export interface StageRow {
  /** What it is. */
  readonly name: string;
  /** What it was before the log. */
  readonly before: string;
  /** What the crash left. */
  readonly left: string;
  /** What it is once somebody has opened the file. */
  readonly after: string;
  /** Why it is wrong as the crash left it; undefined if it is not. */
  readonly wrong?: string;
}

/** What a page needs to judge states by itself. */
export interface ReportLive {
  /** The program, an ECMAScript module. */
  readonly script: string;
  /** Modules that it names and that browsers do not have: their source, by name. */
  readonly modules: Readonly<Record<string, string>>;
  /** What it works on, as JSON. */
  readonly data: string;
}

import type { WriteOutcome } from "../write_outcome.ts";

/** The contents of a report as data, independent of its presentation. */
export interface ReportDocument {
  /** The program and its input, in a few words. */
  readonly title: string;
  /** The result, in a sentence. */
  readonly summary: string;
  /** The command that does it again. */
  readonly command: string;
  /** Facts such as versions and presets: a name and a value each. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Tables; those with bars come after the findings. */
  readonly tables: readonly ReportTable[];
  /** The findings. */
  readonly violations: readonly ReportViolation[];
  /** Notes for the reader. */
  readonly notes: readonly string[];
  /** Data for the interactive view; undefined if there is none. */
  readonly live?: ReportLive;
}

/** A table; with `bars` it is drawn as well. */
export interface ReportTable {
  /** Its subject. */
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
  /** Its place and kind. */
  readonly title: string;
  /** Its kind. */
  readonly kind: string;
  /** The expected and the actual state. */
  readonly detail: string;
  /** Why, in sentences. */
  readonly explanation: readonly string[];
  /** Commands that show it again. */
  readonly replay: readonly string[];
  /** The events up to the crash. */
  readonly timeline: readonly TimelineEntry[];
  /** The contents of the disk before, after the crash, and after recovery. */
  readonly stages?: ReportStages;
  /** The number of its case in the interactive view; undefined if it has none. */
  readonly liveCase?: number;
  /** Why there is none. */
  readonly noLive?: string;
}

/** One thing that happened. */
export interface TimelineEntry {
  /** The kind of event. */
  readonly kind: "guest" | "write" | "flush" | "size" | "note" | "crash";
  /** Its label: the lane that it is drawn in. */
  readonly lane: string;
  /** Its description. */
  readonly text: string;
  /** Its outcome; for writes only. */
  readonly outcome?: WriteOutcome;
  /** For a guest's request: after which entry it was answered; undefined if it was not. */
  readonly answeredAt?: number;
}

/** The same things at three moments. */
export interface ReportStages {
  /** The kind of rows: table entries, or sectors. */
  readonly title: string;
  /** The rows. */
  readonly rows: readonly StageRow[];
  /** A note about omitted rows, if there are any. */
  readonly note?: string;
}

/** One thing at three moments. */
export interface StageRow {
  /** Its name. */
  readonly name: string;
  /** Its value before the log. */
  readonly before: string;
  /** Its value after the crash. */
  readonly left: string;
  /** Its value after recovery. */
  readonly after: string;
  /** Why it is wrong as the crash left it; undefined if it is not. */
  readonly wrong?: string;
}

/** The interactive view of a page. */
export interface ReportLive {
  /** The program, an ECMAScript module. */
  readonly script: string;
  /** Modules that it names and that browsers do not have: their source, by name. */
  readonly modules: Readonly<Record<string, string>>;
  /** Its data, as JSON. */
  readonly data: string;
}

import { textTable } from "../harness/advanced.ts";

/** How a measurement is to be made. */
export interface BenchOptions {
  /** Fewer rounds and smaller images: to see that it works, and roughly how fast. */
  readonly isQuick: boolean;
}

/** What came out of a measurement. */
export interface Report {
  /** For people: tables, each with its header first. */
  readonly tables: readonly (readonly (readonly string[])[])[];
  /** What one must know to read the tables. */
  readonly notes: readonly string[];
  /** For programs: the same figures; names end in the unit, or in `ratio`. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A measurement. */
export interface Benchmark {
  /** The name it is asked for by. */
  readonly name: string;
  /** Make it. Progress goes to standard error. */
  run(options: BenchOptions): Promise<Report>;
}

/** A report as text. */
export function reportText({ tables, notes }: Report): string {
  const parts = tables.map(([header, ...rows]) => {
    const alignRight = header.map((_, column) => column).slice(1);
    return `${textTable(header, rows, { alignRight })}\n`;
  });
  return [...parts, notes.map((note) => `${note}\n`).join("")].join("\n");
}

/** Print which round has ended. */
export function printRound(what: string, round: number, rounds: number): void {
  console.error(`${what}: round ${round + 1} of ${rounds}`);
}

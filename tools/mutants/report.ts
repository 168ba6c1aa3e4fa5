/** The report on mutants, as text and as JSON. */
import type { Outcome, Report } from "./mutant.ts";

/** The lines about one mutant. */
export function outcomeLine({ name, area, kill }: Outcome, times: boolean): string {
  if (!kill) return `NOT DETECTED  ${area}: ${name}`;
  const { oracle, message, trial, preset, states, milliseconds, requests, persisted } = kill;
  const time = times ? `, ${milliseconds.toFixed(1)} ms` : "";
  const thrown = message === undefined ? "" : ` "${message}"`;
  return `detected      ${area}: ${name}\n` +
    `              ${oracle}${thrown} under ${preset} on "${trial}", ` +
    `${states} states${time}, ${requests} steps, ${persisted} persisted`;
}

/** The totals. */
export function summary({ outcomes, correctTrials, falseAlarms }: Report): string {
  const detected = outcomes.filter(({ kill }) => kill).length;
  const thrown = outcomes.filter(({ kill }) => kill?.message !== undefined).length;
  return [
    `${detected} of ${outcomes.length} mutants detected, ${thrown} of them by an exception`,
    `${correctTrials - falseAlarms.length} of ${correctTrials} control runs are clean`,
    ...falseAlarms.map((name) => `false alarm: ${name}`),
  ].join("\n");
}

/** The report as it is printed as JSON; without times it is the same each time. */
export function jsonReport(report: Report, times: boolean): unknown {
  if (times) return report;
  const outcomes = report.outcomes.map(({ kill, ...outcome }) => {
    if (!kill) return outcome;
    const { milliseconds: _, ...rest } = kill;
    return { ...outcome, kill: rest };
  });
  return { ...report, outcomes };
}

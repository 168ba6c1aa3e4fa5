/** A report of defects as text and as JSON. */
import type { Outcome, Report } from "./mutant.ts";

/** One line on one defect. */
export function outcomeLine({ name, area, kill }: Outcome, times: boolean): string {
  if (!kill) return `NOT KILLED  ${area}: ${name}`;
  const { oracle, message, trial, preset, states, milliseconds, requests, persisted } = kill;
  const time = times ? `, ${milliseconds.toFixed(1)} ms` : "";
  const said = message === undefined ? "" : ` "${message}"`;
  return `killed      ${area}: ${name}\n            ${oracle}${said} under ${preset} on "${trial}", ` +
    `${states} states${time}, ${requests} steps, ${persisted} persisted`;
}

/** What it comes to. */
export function summary({ outcomes, correctTrials, falseAlarms }: Report): string {
  const killed = outcomes.filter(({ kill }) => kill).length;
  const thrown = outcomes.filter(({ kill }) => kill?.message !== undefined).length;
  return [
    `${killed} of ${outcomes.length} defects killed, ${thrown} of them as they throw without any crash ` +
    "or verdict",
    `${falseAlarms.length} false alarms in ${correctTrials} trials of the correct driver`,
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

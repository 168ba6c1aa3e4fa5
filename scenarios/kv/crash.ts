/** Every workload of up to three steps, on a store with each of the bugs, and on one without. */
import {
  allWorkloads,
  coverageText,
  SECTORS,
  sweep,
  violationText,
} from "@powercut/powercut/harness";
import { CORRECT, type Rules } from "./store.ts";
import { STORE_SHAPE, storeSubject } from "./subject.ts";

/** Run them all, or up to the first one that a crash breaks, and say what came out. */
export function crash(rules: Rules): string {
  const subject = storeSubject(rules);
  const result = sweep(subject, allWorkloads(STORE_SHAPE, 3), { presets: [SECTORS] });
  const lines = [`${result.verdict}; ${coverageText(result.coverage)}`];
  for (const finding of result.findings) {
    lines.push(`after: ${finding.words.join(", then ")}`);
    if (finding.kind !== "crash") continue;
    lines.push(violationText(finding.violation, subject.record(finding.steps).log));
  }
  return lines.join("\n");
}

if (import.meta.main) {
  console.log(crash({ ...CORRECT, checksumsValues: false }));
  console.log(crash({ ...CORRECT, flushesTable: false }));
  console.log(crash(CORRECT));
}

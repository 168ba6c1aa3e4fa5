/** Runs mutants, two at a time, and the same trials on the correct driver. */
import type { DetectableMutant } from "../../scenarios/qed/mutants/mutant.ts";
import { MUTANTS } from "../../scenarios/qed/mutants/mutants.ts";
import type { WorkloadName } from "../../scenarios/qed/mutants/workloads.ts";
import type { ViolationKind } from "../../harness/advanced.ts";
import type { Kill, Outcome, Report, SourceMutant } from "./mutant.ts";
import { TRIALS, workloadTrial } from "./trials.ts";
import { SourceCopy } from "./source_copy.ts";

/** Called with the outcome of each mutant. */
export type OutcomeListener = (outcome: Outcome) => void;

/** Run source mutants in copies of the sources, and filters right here. */
export async function runMutants(
  sources: readonly SourceMutant[],
  filters: readonly DetectableMutant[] = [],
  onOutcome: OutcomeListener = () => {},
): Promise<Report> {
  const outcomes: Outcome[] = new Array(sources.length);
  let next = 0;
  const work = async () => {
    using copy = new SourceCopy();
    for (let at = next++; at < sources.length; at = next++) {
      const { name, area } = sources[at];
      outcomes[at] = outcomeOf({ name, area, kind: "source" }, await copy.run(sources[at]));
      onOutcome(outcomes[at]);
    }
  };
  if (sources.length > 0) await Promise.all([work(), work()]);
  for (const bug of filters) {
    const what = { name: bug.name, area: "ordering", kind: "filter" } as const;
    const outcome = outcomeOf(what, findFilter(bug));
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  const falseAlarms = [...TRIALS].filter(([, trial]) => trial()).map(([name]) => name);
  return { outcomes, correctTrials: TRIALS.size, falseAlarms };
}

/** All mutants made by filters. */
export const FILTER_MUTANTS = MUTANTS;

function findFilter({ detectedOn, ...bug }: DetectableMutant): Kill | undefined {
  for (const [name, kind] of Object.entries(detectedOn) as [WorkloadName, ViolationKind][]) {
    const kill = workloadTrial(name, bug, { kind })();
    if (kill) return kill;
  }
  return undefined;
}

function outcomeOf(what: Omit<Outcome, "kill">, kill: Kill | undefined): Outcome {
  return { ...what, ...(kill && { kill }) };
}

/** Whether every defect was found, and nothing else. */
export function isPerfect({ outcomes, falseAlarms }: Report): boolean {
  return falseAlarms.length === 0 && outcomes.every(({ kill }) => kill);
}

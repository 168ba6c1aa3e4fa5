import {
  CrashPoint,
  ExhaustiveChoices,
  RecordedChoices,
  SECTORS,
  type WriteLog,
} from "../harness/advanced.ts";
import { checkImage, openImage, RFC, runSync, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { type Case, type ExploredScenario, setUp } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { write } from "./qed/workload.ts";

const CASE: Case = {
  name: "one allocation into an existing L2 table",
  profile: RFC,
  preset: SECTORS,
  workload: {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    prepared: [write(0, CLUSTER)],
    steps: [write(3 * CLUSTER, CLUSTER)],
  },
  expected: ["inconsistent"],
};

type Outcome = "neither" | "data only" | "metadata only" | "both" | "part of the data";

/** Counts the states at the end of the log by their outcome, with the findings of a check. */
function countOutcomes(
  log: WriteLog,
): Map<Outcome, { states: number; leaks: number; bad: number }> {
  const point = new CrashPoint(log, SECTORS, log.events.length - 1);
  const labelOf = (event: number) => {
    const source = log.events[event];
    return "label" in source ? source.label : "";
  };
  const dataUnits = point.units.filter((unit) => labelOf(unit.versions[1].event) === "data").length;
  const counts = new Map<Outcome, { states: number; leaks: number; bad: number }>();
  const choices = new ExhaustiveChoices();
  do {
    const file = point.build(choices);
    const persisted = point.describe(new RecordedChoices(choices.sequence()));
    const labels = [...persisted.byUnit.values()].map(({ event }) => labelOf(event));
    // Data past the persisted size is lost.
    const isInside = persisted.sizeBytes === Math.max(...point.sizes);
    const data = isInside ? labels.filter((label) => label === "data").length : 0;
    const metadata = labels.includes("l2-table");
    const outcome: Outcome = data > 0 && data < dataUnits
      ? "part of the data"
      : data === 0
      ? (metadata ? "metadata only" : "neither")
      : metadata
      ? "both"
      : "data only";
    const check = runSync(
      (function* () {
        return yield* checkImage(yield* openImage({ profile: RFC }));
      })(),
      [file],
    );
    const count = counts.get(outcome) ?? { states: 0, leaks: 0, bad: 0 };
    count.states++;
    if (check.leaks > 0) count.leaks++;
    if (check.corruptions > 0) count.bad++;
    counts.set(outcome, count);
  } while (choices.advance());
  return counts;
}

/** Claim 3. */
export const FOUR_OUTCOMES: ExploredScenario = {
  name: "four-outcomes",
  claim: 3,
  mail: "Stefan Hajnoczi, 8 September 2010 11:15",
  statement:
    "Allocating into an existing L2 table has four outcomes: neither, data only (a leak), " +
    "metadata only, both.",
  cases: [CASE, { ...CASE, profile: STRICT, expected: "clean" }],
  demonstrations: [{
    name: "all four occur",
    run() {
      const counts = countOutcomes(setUp(CASE).log);
      const wanted: Outcome[] = ["neither", "data only", "metadata only", "both"];
      return {
        holds: wanted.every((outcome) => counts.has(outcome)) &&
          (counts.get("data only")?.leaks ?? 0) > 0 && (counts.get("metadata only")?.bad ?? 0) > 0,
        figures: [...counts].map(([outcome, { states, leaks, bad }]) =>
          `${outcome}: ${states} states, ${leaks} with a leak, ${bad} with a dead L2 entry`
        ),
      };
    },
  }],
};

if (import.meta.main) Deno.exitCode = await runAsScript(FOUR_OUTCOMES);

import { type Exploration, exploreInParallel } from "../harness/advanced.ts";
import { type ManyInput, problemOf } from "./many_behaviours.ts";
import { median, secondsOf, thousands } from "./measure.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

export const name = "workers";

const LARGE: ManyInput = { writes: 17 };
const QUICK: ManyInput = { writes: 12 };
const MODULE = new URL("./many_behaviours.ts", import.meta.url).href;
const ROUNDS = 3;

/**
 * One large search alone and with workers, as many as there are cores and half of that. The peer is
 * the search without workers; its result must be the same to the last figure.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const input = isQuick ? QUICK : LARGE;
  const cores = navigator.hardwareConcurrency;
  const counts = [...new Set([1, Math.max(2, Math.floor(cores / 2)), Math.max(2, cores)])];
  const seconds = counts.map((): number[] => []);
  let first: Exploration | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, workers] of counts.entries()) {
      let result: Exploration | undefined;
      seconds[at].push(await secondsOf(async () => result = await explore(input, workers)));
      first ??= result!;
      if (JSON.stringify(result) !== JSON.stringify(first)) {
        throw new Error(`${workers} workers come to another result than one`);
      }
    }
    printRound(name, round, ROUNDS);
  }
  const medians = seconds.map(median);
  const ratios = medians.map((each) => medians[0] / each);
  return {
    tables: [[
      ["workers", "seconds", "recoveries a second", "ratio"],
      ...counts.map((workers, at) => [
        `${workers}`,
        medians[at].toFixed(2),
        thousands(first!.recoveries / medians[at]),
        ratios[at].toFixed(2),
      ]),
    ]],
    notes: [
      `${first!.recoveries} recoveries; starting the workers is included`,
      `${cores} cores; whatever else runs on them makes the ratio smaller`,
    ],
    figures: Object.fromEntries(
      counts.slice(1).map((workers, at) => [`${workers} workers: ratio`, ratios[at + 1]]),
    ),
  };
}

function explore(input: ManyInput, workers: number): Promise<Exploration> {
  return exploreInParallel(problemOf(input), { workers, recipe: { module: MODULE, input } });
}

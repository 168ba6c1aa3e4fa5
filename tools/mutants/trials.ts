/** The trials that search for a mutant: workloads, commits, crashes during recovery, and orders. */
import {
  exploreLazily,
  findViolation,
  SECTORS,
  type ViolationKind,
} from "../../harness/advanced.ts";
import { type Filter, type OrderingProfile, STRICT } from "../../lib/mod.ts";
import { COMMIT } from "../../scenarios/commit.ts";
import { concurrentRequests } from "../../scenarios/qed/mutants/concurrency.ts";
import { everyOrder, type OpenCase } from "../../scenarios/qed/orders.ts";
import { type Case, guestBytesOf, setUp } from "../../scenarios/qed/scenario.ts";
import { CLUSTER } from "../../scenarios/qed/sizes.ts";
import {
  discard,
  inTurn,
  type Request,
  type Workload,
  write,
  zero,
} from "../../scenarios/qed/workload.ts";
import { SEPARATE_FILL } from "../../scenarios/qed/mutants/mutant.ts";
import { EAGER } from "../../scenarios/trim_reuse.ts";
import { UNWRITTEN, WORKLOAD_NAMES, WORKLOADS } from "../../scenarios/qed/mutants/workloads.ts";
import type { Kill } from "./mutant.ts";
import { CASES } from "./trial_cases.ts";
import { OPEN_CASES, type Orders } from "./trial_orders.ts";

/** Searches for a violation; undefined if there is none. */
export type Trial = () => Kill | undefined;

/** How the driver of a workload differs from the correct one. */
export interface Changed {
  readonly profile?: OrderingProfile;
  readonly filter?: () => Filter;
}

/** A workload by name, to be searched for one kind of violation or for any. */
export function workloadTrial(
  name: keyof typeof WORKLOADS,
  { profile = STRICT, filter }: Changed = {},
  options: { readonly kind?: ViolationKind; readonly depth?: number } = {},
): Trial {
  const workload: Workload = WORKLOADS[name];
  const alwaysThereBytes = workload.shrunkBytes ?? workload.imageBytes;
  const caseOf = (steps: Workload["steps"]): Case => ({
    name,
    profile,
    preset: SECTORS,
    expected: "clean",
    workload: { ...workload, steps },
    postRecoveryWrites: UNWRITTEN.filter(({ offsetBytes }) => offsetBytes < alwaysThereBytes),
    ...(filter && { filters: [filter()] }),
  });
  return () =>
    searchSteps(options.depth ? `${name}, crashing twice` : name, caseOf, workload, options);
}

type Limits = { readonly kind?: ViolationKind; readonly depth?: number };

function searchSteps(
  name: string,
  caseOf: (steps: Workload["steps"]) => Case,
  { steps }: Workload,
  limits: Limits,
): Kill | undefined {
  const found = search(name, caseOf(steps), limits);
  if (!found || found.oracle === "throws") return found && { ...found, requests: steps.length };
  const same = { ...limits, kind: found.oracle as ViolationKind };
  let [left, smallest] = [steps, found];
  for (let at = 0; at < left.length;) {
    const fewer = left.toSpliced(at, 1);
    const still = search(name, caseOf(fewer), same);
    if (still?.oracle === found.oracle) [left, smallest, at] = [fewer, still, 0];
    else at++;
  }
  const { persisted } = smallest;
  return { ...found, requests: left.length, persisted };
}

/** The first failure of a case, if it has one. */
function search(trial: string, each: Case, { kind, depth = 1 }: Limits): Kill | undefined {
  const common = { trial, preset: each.preset.name, requests: 0 };
  const start = performance.now();
  const passed = () => performance.now() - start;
  try {
    const recording = { ...setUp(each), guestBytes: guestBytesOf(each) };
    const { log, target, guestBytes } = recording;
    const sought = kind ??
      exploreLazily(log, target, each.preset, { guestBytes, depth }).violations[0]?.kind;
    if (!sought) return undefined;
    const begun = performance.now();
    const { violation, recoveries } = findViolation(recording, each.preset, {
      kind: sought,
      depth,
    });
    if (!violation) return undefined;
    const milliseconds = performance.now() - begun;
    const persisted = violation.persisted.length;
    return { ...common, oracle: sought, states: recoveries, milliseconds, persisted };
  } catch (error) {
    const message = messageOf(error);
    return {
      ...common,
      oracle: "throws",
      message,
      states: 0,
      milliseconds: passed(),
      persisted: 0,
    };
  }
}

/** The message of a driver that fails its workload: that of the innermost cause. */
function messageOf(error: unknown): string {
  const { cause } = error as Error;
  return `${cause ?? error}`.split("\n")[0];
}

/** Every order of a few requests in flight; what is discarded is used again at once. */
function requestsTrial(name: string, requests: readonly Request[]): Trial {
  const openStrict = concurrentRequests(requests);
  const openCase: OpenCase = (schedule) => ({ ...openStrict(schedule), profile: EAGER });
  return ordersTrial({ name, requests: requests.length, openCase, guestBytes: 32 * CLUSTER });
}

/** Every order of a case whose schedule is open. */
function ordersTrial({ name, requests, openCase, guestBytes }: Orders): Trial {
  return () => {
    const start = performance.now();
    let states = 0;
    const common = { trial: name, preset: SECTORS.name, requests };
    try {
      for (const { result: { log, target } } of everyOrder(openCase).runs) {
        const found = exploreLazily(log, target, SECTORS, { guestBytes });
        states += found.recoveries;
        const [violation] = found.violations;
        if (!violation) continue;
        const milliseconds = performance.now() - start;
        const persisted = violation.persisted.length;
        return { ...common, oracle: violation.kind, states, milliseconds, persisted };
      }
      return undefined;
    } catch (error) {
      const milliseconds = performance.now() - start;
      const message = messageOf(error);
      return { ...common, oracle: "throws", message, states, milliseconds, persisted: 0 };
    }
  };
}

const COMMITS = COMMIT.cases.filter(({ preset, expected }) =>
  preset === SECTORS && expected === "clean"
);

/** All trials of the correct driver, by name; each must find nothing there. */
export const TRIALS: ReadonlyMap<string, Trial> = new Map([
  ...WORKLOAD_NAMES.map((name) => [name, workloadTrial(name)] as const),
  ...COMMITS.map((each) =>
    [`commit: ${each.name}`, () => search(`commit: ${each.name}`, each, {})] as const
  ),
  ...(["later allocations", "dirty image"] as const).map((name) =>
    [`${name}, crashing twice`, workloadTrial(name, {}, { depth: 2 })] as const
  ),
  ...CASES.map((each) =>
    [
      each.name,
      () =>
        searchSteps(
          each.name,
          (steps) => ({ ...each, workload: { ...each.workload, steps } }),
          each.workload,
          {},
        ),
    ] as const
  ),
  // Mutants change these profiles as well, so the correct ones must be clean.
  ...[EAGER, SEPARATE_FILL].flatMap((profile) =>
    WORKLOAD_NAMES.map((name) =>
      [`${name} (${profile.name})`, workloadTrial(name, { profile })] as const
    )
  ),
  ...Object.entries({
    "two allocations in flight": [write(3 * CLUSTER, 512), write(4 * CLUSTER, 512)],
    "two writes to one cluster in flight": [write(3 * CLUSTER, 512), write(3 * CLUSTER, 1024)],
    "a write and a discard in flight": [write(CLUSTER, 512), discard(CLUSTER, CLUSTER)],
    "a write, and its cluster given to another": [
      write(CLUSTER, 512),
      inTurn(discard(CLUSTER, CLUSTER), write(5 * CLUSTER, CLUSTER)),
    ],
    "a write and zeroes in flight": [write(0, 512), zero(0, CLUSTER)],
  }).map(([name, requests]) => [name, requestsTrial(name, requests)] as const),
  ...OPEN_CASES.map((each) => [each.name, ordersTrial(each)] as const),
]);

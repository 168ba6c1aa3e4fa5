import {
  type Exploration,
  exploreByBruteForce,
  exploreByDeepening,
  exploreBySampling,
  exploreLazily,
  type GuestRange,
  type Preset,
  type Target,
  type ViolationKind,
  type WriteLog,
} from "../../harness/advanced.ts";
import type { Filter, OrderingProfile } from "../../lib/mod.ts";
import { memoryBacking, qedTarget } from "./qed_target.ts";
import { record } from "./record.ts";
import type { Workload } from "./workload.ts";

/** The expected result of an exploration: no violation, at least these kinds, or any result. */
export type Expectation = "clean" | readonly ViolationKind[] | "as found";

/** One workload under one ordering profile and one fault preset. */
export interface Case {
  /** Its difference from other cases, in a few words. */
  readonly name: string;
  /** The ordering profile; variants of a named one have a name of their own. */
  readonly profile: OrderingProfile;
  /** The fault preset. */
  readonly preset: Preset;
  /** The guest's workload. */
  readonly workload: Workload;
  /** Guest ranges to write after recovery. */
  readonly postRecoveryWrites?: readonly GuestRange[];
  /** The filters of a mutant. */
  readonly filters?: readonly Filter[];
  /** The expected result. */
  readonly expected: Expectation;
  /** Records and checks something other than the workload on one image, for example a chain. */
  readonly custom?: (each: Case) => Setup;
}

/** A log to explore, and the target that checks its states. */
export interface Setup {
  /** The requests that reached the file. */
  readonly log: WriteLog;
  /** The target that checks its states. */
  readonly target: Target;
}

/** A claim that a run shows, rather than an exploration. */
export interface Demonstration {
  /** The claim, in a few words. */
  readonly name: string;
  /** Run it. Returns whether the claim holds, and a line for each figure. */
  run(): { readonly holds: boolean; readonly figures: readonly string[] };
}

/** A claim of the mail thread, or a promise of this implementation. */
interface Statement {
  /** The name on the command line: the file's name, with hyphens. */
  readonly name: string;
  /** The claim's number in the list of claims; absent for a promise. */
  readonly claim?: number;
  /** Who made the claim and when; for a promise, the function whose doc comment makes it. */
  readonly mail: string;
  /** The claim or promise in a sentence. */
  readonly statement: string;
}

/** A statement that explorations test. */
export interface ExploredScenario extends Statement {
  /** The explorations. */
  readonly cases: readonly Case[];
  /** Demonstrations beside them. */
  readonly demonstrations?: readonly Demonstration[];
}

/** A statement that no crash tests: one about sizes, costs or errors of storage. */
export interface DemonstratedScenario extends Statement {
  /** There are no explorations. */
  readonly cases?: never;
  /** The demonstrations. */
  readonly demonstrations: readonly Demonstration[];
}

/** A statement, and what tests it. */
export type Scenario = ExploredScenario | DemonstratedScenario;

/** Record the log of a case, and create the target that checks its states. */
export function setUp(each: Case): Setup {
  if (each.custom) return each.custom(each);
  const { workload, profile } = each;
  const log = record(workload, { profile, ...(each.filters && { filters: each.filters }) });
  const { backing } = workload;
  const target = qedTarget({
    profile,
    clusterBytes: workload.clusterBytes,
    ...(backing && { backing: memoryBacking(backing) }),
    ...(workload.backingNames && { backingNames: workload.backingNames }),
    ...(each.postRecoveryWrites && { postRecoveryWrites: each.postRecoveryWrites }),
  });
  return { log, target };
}

/** How many bytes of the guest's disk the search reads: the largest size that it ever has. */
export function guestBytesOf({ workload }: Case): number {
  return Math.max(workload.imageBytes, workload.grownBytes ?? 0);
}

/** The engines that can search a case. */
export const ENGINES = {
  lazy: exploreLazily,
  brute: exploreByBruteForce,
  sampled: exploreBySampling,
  deepening: exploreByDeepening,
} as const;

/** Explore a case with the lazy engine. */
export function explore(each: Case): Exploration {
  const { log, target } = setUp(each);
  return exploreLazily(log, target, each.preset, { guestBytes: guestBytesOf(each) });
}

/** Whether an exploration ended as expected. */
export function isAsExpected(exploration: Exploration, expected: Expectation): boolean {
  if (expected === "as found") return true;
  if (expected === "clean") return exploration.verdict === "clean";
  const found = new Set(exploration.violations.map((violation) => violation.kind));
  return expected.every((kind) => found.has(kind));
}

/** The origin of a scenario's statement: a claim and its number, or a promise. */
export function originOf({ claim }: Scenario): string {
  return claim === undefined ? "promise" : `claim ${claim}`;
}

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
} from "../../harness/mod.ts";
import type { Filter, OrderingProfile } from "../../lib/mod.ts";
import { memoryBacking, qedTarget } from "./qed_target.ts";
import { record, type Workload } from "./workload.ts";

/** What is expected of an exploration: no violation, at least these kinds, or whatever is found. */
export type Expectation = "clean" | readonly ViolationKind[] | "as found";

/** One workload under one ordering profile and one fault preset. */
export interface Case {
  /** What is special about it, in a few words. */
  readonly name: string;
  /** The ordering profile; variants of a named one have a name of their own. */
  readonly profile: OrderingProfile;
  /** The fault preset. */
  readonly preset: Preset;
  /** What the guest does. */
  readonly workload: Workload;
  /** Guest ranges to write after recovery. */
  readonly postRecoveryWrites?: readonly GuestRange[];
  /** Planted bugs. */
  readonly filters?: readonly Filter[];
  /** What must come out. */
  readonly expected: Expectation;
  /** Records and judges something else than the workload on one image: a chain of them. */
  readonly custom?: (each: Case) => Setup;
}

/** What is explored, and how what is left of it is judged. */
export interface Setup {
  /** What reached the file. */
  readonly log: WriteLog;
  /** The target that its states are judged with. */
  readonly target: Target;
}

/** Something that is shown by running it rather than by exploring. */
export interface Demonstration {
  /** What is shown. */
  readonly name: string;
  /** Run it: one line for each figure, and whether the claim holds. */
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

/** The log of a case and the target that its states are judged with. */
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

/** How much of the guest's disk is looked at, in bytes: all that it ever has. */
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
/** An engine. */
export type Engine = typeof ENGINES[keyof typeof ENGINES];

/** Explore a case with the lazy engine. */
export function explore(each: Case): Exploration {
  const { log, target } = setUp(each);
  return exploreLazily(log, target, each.preset, { guestBytes: guestBytesOf(each) });
}

/** Whether a result is what was expected. */
export function isAsExpected(exploration: Exploration, expected: Expectation): boolean {
  if (expected === "as found") return true;
  if (expected === "clean") return exploration.verdict === "clean";
  const found = new Set(exploration.violations.map((violation) => violation.kind));
  return expected.every((kind) => found.has(kind));
}

/** Where the statement of a scenario comes from, in a word or two. */
export function originOf({ claim }: Scenario): string {
  return claim === undefined ? "promise" : `claim ${claim}`;
}

/** Runs two engines over the same case and insists that they agree. */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { Exploration } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { violationKey } from "../result/violation.ts";
import { exploreByBruteForce } from "../reference/brute.ts";
import { CrashPoint } from "../reference/crash_point.ts";
import { exploreLazily } from "../engine/lazy.ts";

/** A log, a target and a fault model. */
export interface EngineCase {
  readonly log: WriteLog;
  readonly target: Target;
  readonly preset: Preset;
  /** Bytes of the guest's disk. */
  readonly guestBytes: number;
  /** How many crashes in a row; 1 if not given. */
  readonly depth?: number;
  /** How many states brute force may visit. */
  readonly maxStates?: number;
}

/** How many states brute force would visit. */
export function bruteStates(log: WriteLog, preset: Preset): bigint {
  let total = 0n;
  for (let at = -1; at < log.events.length; at++) {
    total += new CrashPoint(log, preset, at).stateCount;
  }
  return total;
}

/** The keys of all violations, sorted. */
export function keysOf(exploration: Exploration): string[] {
  return exploration.violations.map(violationKey).sort();
}

/** Explore with both engines; throws unless they agree. Answers what each found. */
export function assertEnginesAgree(each: EngineCase): { lazy: Exploration; brute: Exploration } {
  const { log, target, preset } = each;
  const brute = exploreByBruteForce(log, target, preset, each);
  const lazy = exploreLazily(log, target, preset, each);
  assertAgreement(each, lazy, brute);
  return { lazy, brute };
}

/** Throws unless two engines that searched a case found the same. */
export function assertAgreement(
  { preset, depth = 1 }: Pick<EngineCase, "preset" | "depth">,
  lazy: Exploration,
  brute: Exploration,
): void {
  assertEquals(keysOf(lazy), keysOf(brute));
  assertEquals(lazy.verdict, brute.verdict);
  assertEquals(lazy.states.exact, brute.states.exact);
  if (depth === 1) assertEquals(lazy.states.exact, `${brute.recoveries}`);
  assertEquals(lazy.traceHash, brute.traceHash);
  assertEquals(lazy.crashPoints, brute.crashPoints);
  assertLessOrEqual(lazy.recoveries, brute.recoveries);
  const imagesLog2 = lazy.images?.log2 ?? (preset.corruptionBytes > 0 ? 0 : Infinity);
  assert(imagesLog2 <= brute.states.log2 + 0.001, "more images than states");
}

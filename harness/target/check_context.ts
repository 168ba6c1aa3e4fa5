import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { inspectTwice } from "./run_twice.ts";
import type { GuestRange, Target } from "./target.ts";
import { watchList } from "./watch_list.ts";

/** The inputs of every check of a state: the same for all states of a log. */
export interface CheckContext {
  /** The log that the states come from. */
  readonly log: WriteLog;
  /** The format under test. */
  readonly target: Target;
  /** The fault model. */
  readonly preset: Preset;
  /** The ranges of the guest's disk to read. */
  readonly watched: readonly GuestRange[];
  /** Bytes that were leaked before the log began. */
  readonly leakedBeforeBytes: number;
}

/**
 * Prepare to check states of `log`. Throws {@linkcode NotDeterministicError} if two recoveries of the
 * base differ, and {@linkcode TargetError} if the target throws anything but a refusal.
 */
export function checkContext(
  log: WriteLog,
  target: Target,
  preset: Preset,
  guestBytes: number,
): CheckContext {
  const { leakedBytes } = inspectTwice(target, log.base);
  const watched = watchList(log, target, guestBytes);
  return { log, target, preset, watched, leakedBeforeBytes: leakedBytes };
}

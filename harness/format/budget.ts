/** A budget of time. */
export interface Deadline {
  /** Whether the time is used up. */
  isOver(): boolean;
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const BUDGET = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Milliseconds of a budget such as `"30s"`, `"5m"` or 10000; undefined if it is none. */
export function budgetMilliseconds(budget: string | number): number | undefined {
  if (typeof budget === "number") {
    return Number.isFinite(budget) && budget > 0 ? budget : undefined;
  }
  const match = BUDGET.exec(budget);
  if (!match) return undefined;
  const milliseconds = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return milliseconds > 0 ? milliseconds : undefined;
}

/** A deadline by a clock, this many milliseconds from now; never over without a budget. */
export function deadlineIn(
  milliseconds: number | undefined,
  now: () => number,
): Deadline {
  if (milliseconds === undefined) return { isOver: () => false };
  const end = now() + milliseconds;
  return { isOver: () => now() >= end };
}

/** Thrown out of a search that is to stop: its time is over, or there are too many schedules. */
export class StoppedError extends Error {
  /** The name of this kind of error. */
  override readonly name = "StoppedError";

  /** Stopped for `reason`. */
  constructor(
    /** The budget that was used up. */
    readonly reason: "budget" | "schedules",
  ) {
    super(`stopped: ${reason}`);
  }
}

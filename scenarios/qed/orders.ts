import {
  exploreLazily,
  exploreOrders,
  type OrderExploration,
  type OrderOptions,
  type OrderScheduler,
  violationKey,
} from "../../harness/advanced.ts";
import { type Case, guestBytesOf, type Setup, setUp } from "./scenario.ts";

/** The result of exploring the crash states of some logs. */
export interface ExploredOrders {
  /** The number of pairs of crash point and disk state, over all logs. */
  readonly states: number;
  /** The keys of the violations, each once. */
  readonly violations: readonly string[];
}

/** A case that takes its schedule as an argument. */
export type OpenCase = (schedule: OrderScheduler) => Case;

/** Run a case in every order in which its requests may complete. */
export function everyOrder(
  openCase: OpenCase,
  options: Partial<OrderOptions> = {},
): OrderExploration<Setup> {
  const { preset } = openCase(NEVER_RUN);
  return exploreOrders((scheduler) => setUp(openCase(scheduler)), { preset, ...options });
}

/** Explore every crash of each log, and sum the results. */
export function exploreRuns(
  openCase: OpenCase,
  { runs }: Pick<OrderExploration<Setup>, "runs">,
): ExploredOrders {
  const each = openCase(NEVER_RUN);
  const violations = new Set<string>();
  let states = 0;
  for (const { result: { log, target } } of runs) {
    const found = exploreLazily(log, target, each.preset, { guestBytes: guestBytesOf(each) });
    states += Number(found.states.exact);
    for (const violation of found.violations) violations.add(violationKey(violation));
  }
  return { states, violations: [...violations].sort() };
}

/** One line for a report. */
export function orderFigure(
  name: string,
  { orders, schedules, merged, runs }: OrderExploration<Setup>,
  { states, violations }: ExploredOrders,
): string {
  return `${name}: ${
    orders ?? "unknown"
  } orders, ${schedules} schedules run and ${merged} merged, ` +
    `${runs.length} logs, ${states} states, ${violations.length} violations`;
}

/** The scheduler for the parts of a case that do not depend on the order. */
const NEVER_RUN: OrderScheduler = {
  watch() {},
  choose() {
    throw new Error("the order is fixed: this case must not run");
  },
};

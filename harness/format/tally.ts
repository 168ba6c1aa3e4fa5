import { StateCounter } from "../result/count_states.ts";
import type { Coverage } from "../result/certificate.ts";
import type { Exploration, StateCount } from "../result/exploration.ts";
import { type VerdictClass, verdictClassOf } from "../result/verdict_class.ts";
import type { ViolationKind } from "../result/violation.ts";
import type { Finding } from "./finding.ts";

/** The outcomes of one fault, over all workloads and all requests that it can hit. */
export interface FaultReport {
  /** The fault. */
  readonly fault: string;
  /** Runs, each with the fault at another request; with bit rot, bits. */
  readonly runs: number;
  /** In how many of the runs something was refused. */
  readonly refused: number;
  /** The worst that came of it: nothing wrong, something refused, or something wrong and unnoticed. */
  readonly verdict: VerdictClass;
}

/** Adds up what workloads come to. */
export class Tally {
  readonly #states = new StateCounter();
  readonly #findings = new Map<string, Finding>();
  readonly #faults = new Map<string, { runs: number; refused: number; kinds: ViolationKind[] }>();
  readonly #coverages = new Map<Coverage["kind"], Coverage>();
  /** Workloads that were begun. */
  workloads = 0;
  /** Recoveries that were run. */
  recoveries = 0;
  /** Orders of requests that were run. */
  schedules = 0;

  /** The first finding of each kind. */
  get findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  /** Pairs of crash point and state, summed over the logs. */
  get states(): StateCount {
    return this.workloads === 0 ? { exact: "0", log2: 0 } : this.#states.total;
  }

  /** The outcomes of each fault. */
  get faults(): readonly FaultReport[] {
    return [...this.#faults].map(([fault, { runs, refused, kinds }]) => {
      return { fault, runs, refused, verdict: verdictClassOf(kinds) };
    });
  }

  /** How much of the states of a log was looked at; for each kind of that, the least. */
  get coverages(): readonly Coverage[] {
    return [...this.#coverages.values()];
  }

  /** The exploration of a log. */
  add({ states, recoveries, certificate: { coverage } }: Exploration): void {
    this.#states.add(states.log2, () => BigInt(states.exact ?? 0));
    this.recoveries += recoveries;
    const known = this.#coverages.get(coverage.kind);
    const isLess = known?.kind !== "bounded" || coverage.kind !== "bounded" ||
      coverage.units < known.units;
    if (!known || isLess) this.#coverages.set(coverage.kind, coverage);
  }

  /** States and recoveries of a run with a fault. */
  count(statesLog2: number, recoveries: number): void {
    this.#states.add(statesLog2, () => BigInt(Math.round(2 ** statesLog2)));
    this.recoveries += recoveries;
  }

  /** A run with a fault. */
  addFaultRun(fault: string, refusals: number, kinds: readonly ViolationKind[]): void {
    const sum = this.#faults.get(fault) ?? { runs: 0, refused: 0, kinds: [] };
    this.#faults.set(fault, {
      runs: sum.runs + 1,
      refused: sum.refused + (refusals > 0 ? 1 : 0),
      kinds: [...new Set([...sum.kinds, ...kinds])],
    });
  }

  /** Something that is wrong; the first of its kind is kept. */
  find(finding: Finding): void {
    const fault = "fault" in finding ? finding.fault?.name : undefined;
    const key = [finding.kind, finding.violation.kind, fault].join();
    if (!this.#findings.has(key)) this.#findings.set(key, finding);
  }
}

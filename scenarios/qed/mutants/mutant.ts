import type { ViolationKind } from "../../../harness/advanced.ts";
import { type Filter, type OrderingProfile, STRICT } from "../../../lib/mod.ts";
import type { WorkloadName } from "./workloads.ts";

/** A driver that differs from the correct one in one respect. */
export interface Mutant {
  /** The difference. */
  readonly name: string;
  /** The driver's profile; `STRICT` if not given. */
  readonly profile?: OrderingProfile;
  /** Makes a filter, with a state of its own, that changes the driver's requests. */
  readonly filter?: () => Filter;
}

/** A mutant that breaks a promise, and on some workloads the kind of violation that shows it. */
export interface DetectableMutant extends Mutant {
  readonly detectedOn: Readonly<Partial<Record<WorkloadName, ViolationKind>>>;
}

/** A mutant that breaks no promise, and why. */
export interface EquivalentMutant extends Mutant {
  readonly why: string;
  /** The workloads on which it does break one. */
  readonly exceptOn?: readonly WorkloadName[];
}

/** `strict`, but the driver writes the rest of a new cluster by itself, as QEMU does. */
export const SEPARATE_FILL: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict with separate fill",
  fill: "separate",
});

import { type DiskShape, type Subject, subjectOf } from "../../harness/advanced.ts";
import { type HeaderLayout, PROFILES } from "../../lib/mod.ts";
import { CORRECT, keyValueStore } from "../../examples/key_value_store.ts";
import { MUTANTS_BY_NAME } from "./mutants/mutants.ts";
import { lookUp } from "./look_up.ts";
import { qedSweep } from "./qed_sweep.ts";

/** The image that a workload runs on, as plain data for a file. */
export type ImageSpec = QedSpec | StoreSpec;

/** An image of QED, and its driver. */
export interface QedSpec {
  /** The format. */
  readonly format: "qed";
  /** The ordering profile of the driver, by name; a mutant may bring its own. */
  readonly profile: string;
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
  /** A raw backing file: none if not given, one that ends early, or one longer than the disk. */
  readonly backing?: "short" | "long";
  /** Bytes of an unfinished cluster at the end of the file; 0 if not given. */
  readonly tornTailBytes?: number;
  /** The name of a mutant of the driver; the correct driver if not given. */
  readonly mutant?: string;
}

/** The store of docs/test-your-own-format.md. */
export interface StoreSpec {
  /** The format. */
  readonly format: "kv";
  /** The rule that the store breaks; it follows all rules if not given. */
  readonly without?: keyof typeof CORRECT;
}

/** The subject of a spec, and the shape of its workloads. Throws `UnknownNameError` for unknown names. */
export function subjectFor(
  spec: ImageSpec,
): { readonly subject: Subject; readonly shape: DiskShape } {
  if (spec.format === "kv") {
    const rules = spec.without === undefined ? CORRECT : { ...CORRECT, [spec.without]: false };
    return subjectOf(keyValueStore(rules));
  }
  const { layout, backing, tornTailBytes, mutant } = spec;
  const changed = mutant === undefined ? undefined : lookUp("mutant", mutant, MUTANTS_BY_NAME);
  const filter = changed?.filter;
  return qedSweep({
    profile: changed?.profile ?? lookUp("profile", spec.profile, PROFILES),
    ...(layout !== undefined && { layout }),
    ...(backing !== undefined && { backing }),
    ...(tornTailBytes !== undefined && { tornTailBytes }),
    ...(filter && { filters: () => [filter()] }),
  });
}

import type { DiskShape, Subject } from "../../harness/mod.ts";
import { type HeaderLayout, PROFILES } from "../../lib/mod.ts";
import { CORRECT, type Rules } from "../kv/store.ts";
import { STORE_SHAPE, storeSubject } from "../kv/subject.ts";
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
  readonly without?: keyof Rules;
}

/** A torn tail is shorter than a cluster; this is more than any cluster of a scenario. */
const MAX_TAIL_BYTES = 2 ** 20;

/** The subject of a spec, and the shape of its workloads. Throws `UnknownNameError` for unknown names. */
export function subjectFor(
  spec: ImageSpec,
): { readonly subject: Subject; readonly shape: DiskShape } {
  if (spec.format === "kv") {
    const rules = spec.without === undefined ? CORRECT : { ...CORRECT, [spec.without]: false };
    return { subject: storeSubject(rules), shape: STORE_SHAPE };
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

/** The rule that a spec from a file breaks; undefined if it breaks none. */
export function ruleBrokenBySpec(spec: unknown): string | undefined {
  const fields = (spec ?? {}) as Record<string, unknown>;
  if (fields.format === "kv") {
    const isRule = fields.without === undefined || Object.hasOwn(CORRECT, String(fields.without));
    return isRule ? undefined : `without must be one of ${Object.keys(CORRECT).join(", ")}`;
  }
  if (fields.format !== "qed") return "its format must be qed or kv";
  if (typeof fields.profile !== "string") return "its profile must be a text";
  const isOneOf = (field: string, ...values: readonly unknown[]) =>
    fields[field] === undefined || values.includes(fields[field]);
  if (!isOneOf("layout", "final", "rfc")) return "its layout must be final or rfc";
  if (!isOneOf("backing", "short", "long")) return "its backing must be short or long";
  const { tornTailBytes = 0, mutant = "" } = fields;
  const isSize = Number.isSafeInteger(tornTailBytes) && Number(tornTailBytes) >= 0 &&
    Number(tornTailBytes) < MAX_TAIL_BYTES;
  if (!isSize) return `tornTailBytes must be a number below ${MAX_TAIL_BYTES}`;
  return typeof mutant === "string" ? undefined : "mutant must be a text";
}

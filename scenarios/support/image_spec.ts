import type { DiskShape, Subject } from "../../harness/mod.ts";
import { type HeaderLayout, PROFILES } from "../../lib/mod.ts";
import { PLANTED_BUGS } from "../planted_bugs_testing.ts";
import { lookUp } from "./look_up.ts";
import { qedSweep } from "./qed_sweep.ts";

/** An image that workloads run on, and its driver, as plain data: what a file can say. */
export interface ImageSpec {
  /** The format. */
  readonly format: "qed";
  /** The ordering profile of the driver, by name; a planted bug may bring its own. */
  readonly profile: string;
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
  /** Whether there is a raw backing file; false if not given. */
  readonly hasBacking?: boolean;
  /** Bytes of an unfinished cluster at the end of the file; 0 if not given. */
  readonly tornTailBytes?: number;
  /** The name of a planted bug. */
  readonly plant?: string;
}

/** Planted bugs by name. */
const PLANTS = Object.fromEntries(PLANTED_BUGS.map((bug) => [bug.name, bug]));

/** The subject for a spec, and how workloads for it look. Throws `UsageError` that names the field. */
export function subjectFor(spec: ImageSpec): { subject: Subject; shape: DiskShape } {
  const { layout, hasBacking, tornTailBytes } = spec;
  const bug = spec.plant === undefined ? undefined : lookUp("planted bug", spec.plant, PLANTS);
  const plant = bug?.plant;
  return qedSweep({
    profile: bug?.profile ?? lookUp("profile", spec.profile, PROFILES),
    ...(layout !== undefined && { layout }),
    ...(hasBacking !== undefined && { hasBacking }),
    ...(tornTailBytes !== undefined && { tornTailBytes }),
    ...(plant && { filters: () => [plant()] }),
  });
}

/** What is wrong with a spec read from a file, if anything is. */
export function ruleBrokenBySpec(spec: unknown): string | undefined {
  const { format, profile, layout, hasBacking, tornTailBytes, plant } = (spec ?? {}) as Record<
    string,
    unknown
  >;
  if (format !== "qed") return "its format must be qed";
  if (typeof profile !== "string") return "its profile must be a text";
  if (![undefined, "final", "rfc"].includes(layout as undefined)) {
    return "its layout must be final or rfc";
  }
  if (!["undefined", "boolean"].includes(typeof hasBacking)) {
    return "hasBacking must be true or false";
  }
  const isSize = Number.isSafeInteger(tornTailBytes) && (tornTailBytes as number) >= 0 &&
    (tornTailBytes as number) < 2 ** 20;
  if (tornTailBytes !== undefined && !isSize) return "tornTailBytes must be a number below 1048576";
  if (!["undefined", "string"].includes(typeof plant)) return "plant must be a text";
  return undefined;
}

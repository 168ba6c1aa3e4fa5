import { type DiskShape, type Subject, subjectOf } from "../../harness/advanced.ts";
import { PROFILES } from "../../lib/mod.ts";
import { keyValueStore } from "../../examples/key_value_store.ts";
import type { ImageSpec } from "../../scenarios/qed/image_spec.ts";
import { lookUp } from "../../scenarios/qed/look_up.ts";
import { qedSweep } from "../../scenarios/qed/qed_sweep.ts";
import { UsageError } from "../kit/usage_error.ts";
import type { SweepTargetOptions } from "./sweep_options.ts";

/** A format to sweep, and the shape of its workloads. */
export interface SweepTarget {
  readonly subject: Subject;
  readonly shape: DiskShape;
}

/** Formats that workloads can be made for, by name. */
const TARGETS: Readonly<Record<string, (options: SweepTargetOptions) => SweepTarget>> = {
  qed: qedTargetFor,
  kv: storeTargetFor,
};

const LAYOUTS = { final: "final", rfc: "rfc" } as const;

/** The subject that was asked for. Throws {@linkcode UsageError} if there is none. */
export function sweepTarget(options: SweepTargetOptions): SweepTarget {
  return lookUp("target", options.target ?? "qed", TARGETS)(options);
}

/** The same subject as plain data, for a replay file. */
export function imageSpecOf(options: SweepTargetOptions): ImageSpec {
  if (options.target === "kv") return { format: "kv" };
  const { layout, longBacking, backing } = options;
  return {
    format: "qed",
    profile: options.profile ?? "strict",
    ...(layout === "rfc" && { layout }),
    ...(longBacking ? { backing: "long" } : backing ? { backing: "short" } : {}),
  };
}

/** The words of a command line that asks for this subject. */
export function targetWords(options: SweepTargetOptions): string[] {
  const { target, profile, layout, backing, longBacking } = options;
  return [
    ...(target === undefined ? [] : ["--target", target]),
    ...(profile === undefined ? [] : ["--profile", profile]),
    ...(layout === undefined ? [] : ["--layout", layout]),
    ...(backing ? ["--backing"] : []),
    ...(longBacking ? ["--long-backing"] : []),
  ];
}

function qedTargetFor(options: SweepTargetOptions): SweepTarget {
  const layout = lookUp("layout", options.layout ?? "final", LAYOUTS);
  const profile = lookUp("profile", options.profile ?? "strict", PROFILES);
  const backing = options.longBacking ? "long" : options.backing ? "short" : undefined;
  return qedSweep({ profile, layout, ...(backing && { backing }) });
}

/** The store of examples/key_value_store.ts. */
function storeTargetFor(options: SweepTargetOptions): SweepTarget {
  const [misplaced] = targetWords({ ...options, target: undefined });
  if (misplaced) throw new UsageError(`${misplaced} cannot be combined with --target kv`);
  return subjectOf(keyValueStore());
}

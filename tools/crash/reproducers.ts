/**
 * The stored reproducers, and the origin of each. `deno run -A tools/crash/reproducers.ts` finds, shrinks
 * and writes them again, for when the driver writes something else on purpose: until then they are
 * refused, since each is bound to its trace.
 *
 * @module
 */
import { ensureDirSync } from "@std/fs";
import {
  findViolation,
  type Preset,
  randomWorkloads,
  type Step,
  type Subject,
  type ViolationKind,
} from "../../harness/advanced.ts";
import { shrinkWorkloadCase, type ShrunkCase } from "./shrink_case.ts";
import { type ImageSpec, subjectFor } from "../../scenarios/qed/image_spec.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";

/** Where the files are. */
export const REPRODUCERS_FOLDER = new URL("../../testdata/reproducers/", import.meta.url);

/** The origin of a reproducer. */
export interface ReproducerOrigin {
  /** The file's name, without its ending. */
  readonly name: string;
  /** The image, its driver, and its mutant. */
  readonly image: ImageSpec;
  /** The fault preset; sectors if not given. */
  readonly preset?: string;
  /** The kind of violation to look for. */
  readonly kind: ViolationKind;
}

const QED = { format: "qed", profile: "strict" } as const;

/** All of them: mutants of each sort, the profiles that are wrong by design, disks that lie or corrupt. */
export const REPRODUCER_ORIGINS: readonly ReproducerOrigin[] = [
  {
    name: "need-check-not-flushed",
    image: { ...QED, mutant: "no flush between NEED_CHECK and the allocation" },
    kind: "unusable",
  },
  {
    name: "data-not-flushed",
    image: { ...QED, backing: "short", mutant: "no flush between data and L2 entry" },
    kind: "wrong-data",
  },
  {
    name: "l2-table-not-flushed",
    image: { ...QED, mutant: "no flush between new L2 table and L1 entry", layout: "rfc" },
    kind: "unusable",
  },
  {
    name: "guest-flush-swallowed",
    image: { ...QED, mutant: "the guest's flush swallowed" },
    kind: "wrong-data",
  },
  {
    name: "need-check-cleared-early",
    image: { ...QED, mutant: "no flush before NEED_CHECK is cleared at close" },
    kind: "unusable",
  },
  {
    name: "l2-entry-before-data",
    image: { ...QED, backing: "short", mutant: "L2 entry before data" },
    kind: "wrong-data",
  },
  {
    name: "freed-cluster-cleaned-late",
    image: { ...QED, mutant: "a freed cluster cleaned after its flush" },
    kind: "wrong-data",
  },
  {
    name: "data-in-the-wrong-sector",
    image: { ...QED, mutant: "data in the wrong sector" },
    kind: "wrong-data",
  },
  {
    name: "torn-tail-kept",
    image: { ...QED, tornTailBytes: 1500, mutant: "torn tail not cut off" },
    kind: "wrong-data",
  },
  { name: "rfc-profile", image: { ...QED, profile: "rfc" }, kind: "aliasing" },
  {
    name: "rfc-profile-over-backing",
    image: { ...QED, profile: "rfc", backing: "short" },
    kind: "wrong-data",
  },
  { name: "qemu-profile", image: { ...QED, profile: "qemu" }, kind: "inconsistent" },
  {
    name: "store-values-unchecked",
    image: { format: "kv", without: "checksumsValues" },
    kind: "wrong-data",
  },
  {
    name: "store-table-not-flushed",
    image: { format: "kv", without: "flushesTable" },
    kind: "wrong-data",
  },
  { name: "lying-flush", image: QED, preset: "lying-flush", kind: "wrong-data" },
  { name: "corrupted-table", image: QED, preset: "neighbour-corruption(4096)", kind: "unusable" },
];

/** Random workloads to try, one after the other. */
const WORKLOADS = 40;
const SEED = 1;
/** Steps of a random workload before it is shrunk, at least and at most. */
const MIN_STEPS = 100;
const STEPS = 200;
/** Half of them are out of place and are left out. */
const MAX_STEPS = 2 * STEPS;
/** A random workload is taken not to fail after this many recoveries. */
const MAX_RECOVERIES = 20_000;

/** The first long random workload that shows the violation; undefined if none of some does. */
export function failingWorkload(origin: ReproducerOrigin): readonly Step[] | undefined {
  const { subject, shape } = subjectFor(origin.image);
  const preset = lookUpPreset(origin.preset ?? "sectors");
  const options = { seed: SEED, count: WORKLOADS, maxSteps: MAX_STEPS, swarm: true };
  for (const { steps } of randomWorkloads(shape, options).workloads) {
    const some = upTo(steps, STEPS);
    if (some.length < MIN_STEPS) continue;
    if (shows(subject, some, { preset, kind: origin.kind })) return some;
  }
  return undefined;
}

/** The first steps, not ending with a snapshot, which would have nothing after it. */
function upTo(steps: readonly Step[], count: number): readonly Step[] {
  const some = steps.slice(0, count);
  return some.at(-1)?.kind === "snapshot" ? some.slice(0, -1) : some;
}

function shows(
  subject: Subject,
  steps: readonly Step[],
  { preset, kind }: { readonly preset: Preset; readonly kind: ViolationKind },
): boolean {
  try {
    const options = { kind, maxDecisions: 2, maxRecoveries: MAX_RECOVERIES };
    return findViolation(subject.record(steps), preset, options).violation !== undefined;
  } catch (error) {
    // A mutant may make the image invalid, and the driver then refuses it.
    if (subject.refusal?.(error)) return false;
    throw error;
  }
}

/** Shrink a workload that shows an origin's violation. */
export function reproducerOf(
  { image, preset = "sectors", kind }: ReproducerOrigin,
  steps: readonly Step[],
): ShrunkCase | undefined {
  const origin = {
    source: { image, steps },
    profile: image.format === "qed" ? image.profile : image.format,
    preset: lookUpPreset(preset),
  };
  return shrinkWorkloadCase(origin, subjectFor(image).subject, { steps, kind });
}

function writeAll(): void {
  ensureDirSync(REPRODUCERS_FOLDER);
  for (const origin of REPRODUCER_ORIGINS) {
    const steps = failingWorkload(origin);
    const shrunk = steps && reproducerOf(origin, steps);
    if (!shrunk) throw new Error(`${origin.name}: no random workload shows it`);
    const path = new URL(`${origin.name}.json`, REPRODUCERS_FOLDER);
    Deno.writeTextFileSync(path, `${JSON.stringify(shrunk.replay, undefined, 2)}\n`);
    console.log(
      `${origin.name}: ${shrunk.steps?.before} steps, ${shrunk.steps?.after.length} left`,
    );
  }
}

if (import.meta.main) writeAll();

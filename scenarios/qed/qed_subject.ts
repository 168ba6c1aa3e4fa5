import type { GuestRange, Recording, Step, Subject, Target } from "../../harness/advanced.ts";
import type { Filter, QedImage } from "../../lib/mod.ts";
import { openBackingFiles } from "./backing_files.ts";
import { qedTarget, refusal } from "./qed_target.ts";
import type { RecordOptions } from "./record.ts";
import type { Workload } from "./workload.ts";
import { WorkloadRun } from "./workload_run.ts";

/** An image of our driver to run any workload on. */
export interface QedSubjectOptions
  extends Omit<Workload, "steps" | "grownBytes" | "shrunkBytes">, Pick<RecordOptions, "profile"> {
  /** The name for reports; that of the profile if not given. */
  readonly name?: string;
  /** Makes the filters of a mutant, with fresh state. */
  readonly filters?: () => readonly Filter[];
  /** Guest ranges to write after recovery, which no workload writes. */
  readonly postRecoveryWrites?: readonly GuestRange[];
}

/** Our QED driver as a {@linkcode Subject}. A snapshot is an empty overlay over the image. */
export function qedSubject(options: QedSubjectOptions): Subject {
  const { name, filters = () => [], postRecoveryWrites: _probes, profile, ...image } = options;
  return {
    name: name ?? `qed (${profile.name})`,
    record(steps: readonly Step[]): Recording {
      const run = new WorkloadRun({ ...image, steps }, { profile, filters });
      for (const step of steps) run.perform(step);
      return {
        log: run.log,
        target: targetFor(run, options),
        guestBytes: Math.max(image.imageBytes, ...steps.map(sizeAfter)),
        stepStarts: run.stepStarts,
      };
    },
    refusal,
  };
}

/** The target for the file of a workload: it opens the backing files too. */
function targetFor(run: WorkloadRun, options: QedSubjectOptions): Target<QedImage> {
  const { profile, clusterBytes, backingNames, postRecoveryWrites } = options;
  const { backingFiles } = run;
  const target = qedTarget({
    profile,
    clusterBytes,
    ...(backingNames && { backingNames }),
    ...(postRecoveryWrites && { postRecoveryWrites }),
  });
  return {
    ...target,
    otherFiles: backingFiles.map(({ storage }) => storage),
    *recover() {
      const image = yield* target.recover();
      const source = yield* openBackingFiles(backingFiles);
      if (source && image.backingName !== undefined) image.backing = source;
      return image;
    },
  };
}

/** The size that a step gives the guest's disk, in bytes; 0 if it gives none. */
function sizeAfter(step: Step): number {
  return step.kind === "grow" ? step.sizeBytes : 0;
}

/** Mutants of the locks of an open image, and concurrent requests that show them. */
import { type Preset, SECTORS } from "../../../harness/advanced.ts";
import { type Operation, type QedImage, readImage, STRICT } from "../../../lib/mod.ts";
import type { Case } from "../scenario.ts";
import { CLUSTER } from "../sizes.ts";
import { FLUSH, operate, type Request, type Schedule, together, write } from "../workload.ts";

/** Removes a lock from an open image. */
export type LockMutant = (image: QedImage) => void;

/** Changes of tables do not wait for each other. */
export const NO_TABLE_LOCK: LockMutant = (image) => {
  image.withAllocationLock = <T>(work: Operation<T>): Operation<T> => work;
};

/** Overlapping requests do not wait for each other. */
export const NO_RANGE_LOCK: LockMutant = (image) => {
  image.withRangeLock = <T>(_range: unknown, _intent: unknown, work: Operation<T>) => work;
  const enter = image.lockRange.bind(image);
  // Each request gets a range of its own, so that none overlap.
  let place = 0;
  image.lockRange = (_range, intent) => enter({ startBytes: place, endBytes: ++place }, intent);
};

/** Removes no lock. */
export const CORRECT: LockMutant = () => {};

/** A case of concurrent requests, then a flush, for any schedule. */
export function concurrentRequests(
  requests: readonly Request[],
  mutate: LockMutant = CORRECT,
  preset: Preset = SECTORS,
): (schedule: Schedule) => Case {
  const warmUp = operate(function* (image): Operation<void> {
    yield* readImage(image, 0, new Uint8Array(512));
    mutate(image);
  });
  return (schedule) => ({
    name: "requests together",
    profile: STRICT,
    preset,
    expected: "as found",
    workload: {
      clusterBytes: CLUSTER,
      imageBytes: 32 * CLUSTER,
      prepared: [write(0, 2 * CLUSTER)],
      steps: [warmUp, together(requests, schedule), FLUSH],
    },
    postRecoveryWrites: [{ offsetBytes: 20 * CLUSTER, lengthBytes: 512 }],
  });
}

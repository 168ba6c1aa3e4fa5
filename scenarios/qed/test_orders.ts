/** QED images whose guest asks for several things at the same time, also with bugs. */
import fc from "fast-check";
import { type Preset, SECTORS } from "../../harness/mod.ts";
import { type Operation, type QedImage, readImage, STRICT } from "../../lib/mod.ts";
import type { Case } from "./scenario.ts";
import { CLUSTER } from "./sizes.ts";
import {
  discard,
  FLUSH,
  operate,
  type Request,
  type Schedule,
  together,
  write,
  zero,
} from "./workload.ts";

/** A bug in how requests get along; planted into an open image. */
export type Plant = (image: QedImage) => void;

/** Whoever changes tables does not wait for others that do. */
export const NO_TURN: Plant = (image) => {
  image.withAllocationLock = <T>(work: Operation<T>): Operation<T> => work;
};

/** Requests do not wait for others that overlap. */
export const NO_RANGES: Plant = (image) => {
  image.withRangeLock = <T>(_range: unknown, _intent: unknown, work: Operation<T>) => work;
  const lockRange = image.lockRange.bind(image);
  // Everybody has a place of their own.
  let place = 0;
  image.lockRange = (_range, intent) => lockRange({ startBytes: place, endBytes: ++place }, intent);
};

/** Nothing wrong. */
export const CORRECT: Plant = () => {};

/** Requests together, then a flush. */
export function requestsTogether(
  requests: readonly Request[],
  plant: Plant = CORRECT,
  preset: Preset = SECTORS,
): (schedule: Schedule) => Case {
  const warmUp = operate(function* (image): Operation<void> {
    yield* readImage(image, 0, new Uint8Array(512));
    plant(image);
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
    probes: [{ offsetBytes: 20 * CLUSTER, lengthBytes: 512 }],
  });
}

/** Two or three requests, often to the same clusters. */
export const FEW_REQUESTS: fc.Arbitrary<readonly Request[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(
        fc.constantFrom(write, write, zero, discard),
        fc.constantFrom(0, 1, 3, 4).map((cluster) => cluster * CLUSTER),
        fc.constantFrom(512, CLUSTER),
      ).map(([request, offsetBytes, lengthBytes]) => request(offsetBytes, lengthBytes)),
    },
    { weight: 1, arbitrary: fc.constant(FLUSH) },
  ),
  { minLength: 2, maxLength: 3 },
);

/** Random guests of small QED images. */
import fc from "fast-check";
import { CLUSTER, DISK, PER_L2_TABLE } from "../qed/sizes.ts";
import { patternBytes } from "../qed/pattern_bytes.ts";
import {
  CLOSE,
  discard,
  FLUSH,
  REOPEN,
  type Step,
  type Workload,
  write,
  zero,
} from "../qed/workload.ts";

const BACKING = patternBytes(7, 0, 2 * CLUSTER + 1024);

/** The steps that guests may take. */
export interface GuestOptions {
  /** The largest number of steps; the smallest is one. */
  readonly maxSteps: number;
  /** Whether writes may start and end inside sectors. */
  readonly unaligned: boolean;
}

/** Workloads: writes, zeroes, discards; both layouts, backing files, torn tails, reopening. */
export function workloads(options: GuestOptions): fc.Arbitrary<Workload> {
  const places = fc.record({
    cluster: fc.constantFrom(0, 0, 1, 3, PER_L2_TABLE / CLUSTER - 1, PER_L2_TABLE / CLUSTER),
    offset: fc.constantFrom(
      0,
      0,
      512,
      ...(options.unaligned ? [100, CLUSTER - 200] : [CLUSTER - 512]),
    ),
  }).map(({ cluster, offset }) => cluster * CLUSTER + offset);
  const lengths = [512, 1024, CLUSTER, ...(options.unaligned ? [100] : [])];
  const writes = fc.tuple(places, fc.constantFrom(...lengths))
    .map(([place, length]): Step => write(place, length));
  const unmaps = fc.tuple(
    fc.constantFrom(zero, discard, discard),
    places,
    fc.constantFrom(...lengths, CLUSTER, 4 * CLUSTER),
  ).map(([unmap, place, length]): Step => unmap(place, length));
  const steps = fc.oneof(
    { weight: 5, arbitrary: writes },
    { weight: 2, arbitrary: unmaps },
    { weight: 2, arbitrary: fc.constant(FLUSH) },
    { weight: 1, arbitrary: fc.constant(REOPEN) },
  );
  return fc.record({
    prepared: fc.array(writes, { maxLength: 2 }),
    steps: fc.array(steps, { minLength: 1, maxLength: options.maxSteps }),
    closes: fc.boolean(),
    hasBacking: fc.nat(3).map((n) => n === 0),
    layout: fc.constantFrom<("final" | "rfc")[]>("final", "final", "final", "rfc"),
    tornTailBytes: fc.constantFrom(0, 0, 0, 1500),
  }).map(({ prepared, steps, closes, hasBacking, layout, tornTailBytes }) => ({
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    layout,
    prepared,
    tornTailBytes,
    ...(hasBacking && { backing: BACKING }),
    steps: closes ? [...steps, CLOSE] : steps,
  }));
}

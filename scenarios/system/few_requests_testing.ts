import fc from "fast-check";
import { CLUSTER } from "../qed/sizes.ts";
import { discard, FLUSH, type Request, write, zero } from "../qed/workload.ts";

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

import { assertEquals } from "@std/assert";
import { allWorkloads } from "./all_workloads.ts";
import { operationSetFor, type WorkloadOperation } from "./operation_set.ts";
import { SHAPE, SMALL_SHAPE } from "./disk_shape_testing.ts";
import { reasonNotToEnd, reasonToLeaveOut } from "./sequence_rules.ts";

/** All sequences of a length, and then those that no rule leaves out: another way to the same. */
function countOfLength(length: number): number {
  let all: WorkloadOperation[][] = [[]];
  for (let i = 0; i < length; i++) {
    all = all.flatMap((before) =>
      operationSetFor(SHAPE).map((operation) => [...before, operation])
    );
  }
  return all.map((operations) => operations.map(({ step }) => step)).filter((steps) =>
    reasonNotToEnd(steps) === undefined &&
    steps.every((step, i) => reasonToLeaveOut(steps.slice(0, i), step, SHAPE) === undefined)
  ).length;
}

Deno.test("all sequences are there that no rule leaves out, each once, the shortest first", () => {
  const { workloads, count, origin } = allWorkloads(SHAPE, 3);
  const lengths = [...workloads].map(({ steps }) => steps.length);
  assertEquals(lengths, lengths.toSorted());
  const ofLength = [1, 2, 3].map((length) => lengths.filter((each) => each === length).length);
  assertEquals(ofLength, [19, 417, 9040]);
  assertEquals(ofLength, [1, 2, 3].map(countOfLength));
  assertEquals(count(), lengths.length);
  assertEquals(new Set([...workloads].map(({ words }) => words.join())).size, lengths.length);
  assertEquals(origin, { kind: "exhaustive", length: 3, operations: 23 });
});

Deno.test("without rules to break there are as many as the operation set's powers", () => {
  const kinds = new Set(["write"] as const);
  assertEquals(allWorkloads({ ...SMALL_SHAPE, kinds }, 4).count(), 3 + 3 ** 2 + 3 ** 3 + 3 ** 4);
});

import { assert, assertEquals } from "@std/assert";
import type { RangeStep } from "../target/subject.ts";
import { FEATURES, operationSetFor, type WorkloadOperation } from "./operation_set.ts";
import { SHAPE, SMALL_SHAPE } from "./disk_shape_testing.ts";
import { wideOperationSetFor } from "./wide_operation_set.ts";

function isDistinct(operations: readonly WorkloadOperation[]): boolean {
  const steps = new Set(operations.map(({ step }) => JSON.stringify(step)));
  const names = new Set(operations.map(({ name }) => name));
  return steps.size === operations.length && names.size === operations.length;
}

function rangesOf(operations: readonly WorkloadOperation[]): RangeStep[] {
  return operations.map(({ step }) => step).filter((step) => "offsetBytes" in step);
}

Deno.test("the operation set has each class once, and every feature", () => {
  const operations = operationSetFor(SHAPE);
  assertEquals(operations.length, 23);
  assert(isDistinct(operations));
  assertEquals(new Set(operations.map(({ feature }) => feature)), new Set(FEATURES));
});

Deno.test("operations are of the kinds that the format takes, each of them once on a small disk", () => {
  const operations = operationSetFor(SMALL_SHAPE);
  assertEquals(operations.map(({ name }) => name), [
    "write, a whole free unit",
    "write across units",
    "write the last sector",
    "flush",
  ]);
  assertEquals(rangesOf(operations).map(({ offsetBytes }) => offsetBytes), [0, 0, 1024]);
  assert(isDistinct(operations));
});

Deno.test("what lies behind the end is only asked for where the disk can grow", () => {
  const isBehind = ({ offsetBytes }: RangeStep) => offsetBytes >= SHAPE.sizeBytes;
  assertEquals(rangesOf(operationSetFor(SHAPE)).filter(isBehind).length, 1);
  const kinds = new Set(["write", "discard"] as const);
  assertEquals(rangesOf(operationSetFor({ ...SHAPE, kinds })).filter(isBehind), []);
});

Deno.test("places are whole sectors where the format takes nothing else", () => {
  const isWhole = ({ offsetBytes, lengthBytes }: RangeStep) =>
    offsetBytes % 512 === 0 && lengthBytes % 512 === 0;
  for (const operations of [operationSetFor, wideOperationSetFor]) {
    assert(rangesOf(operations({ ...SHAPE, alignmentBytes: 512 })).every(isWhole));
    assert(!rangesOf(operations(SHAPE)).every(isWhole));
  }
});

Deno.test("the wide operation set has all of the other one, and more places for its features", () => {
  const wide = wideOperationSetFor(SHAPE);
  assert(isDistinct(wide));
  assertEquals(wide.slice(0, 23), operationSetFor(SHAPE));
  const count = (feature: string) =>
    wide.filter((operation) => operation.feature === feature).length;
  for (const feature of ["write in place", "allocating write", "new table", "crossing"]) {
    assert(count(feature) > 4, feature);
  }
});

import { assertEquals } from "@std/assert";
import type { Step } from "../target/subject.ts";
import { reasonNotToEnd, reasonToLeaveOut } from "./sequence_rules.ts";

const SHAPE = { sizeBytes: 4096 };
const write: Step = { kind: "write", offsetBytes: 0, lengthBytes: 512 };
const pastEnd: Step = { kind: "discard", offsetBytes: 4096, lengthBytes: 512 };
const flush: Step = { kind: "flush" };
const reopen: Step = { kind: "reopen" };
const snapshot: Step = { kind: "snapshot" };
const grow = (sizeBytes: number): Step => ({ kind: "grow", sizeBytes });

const LEFT_OUT: readonly [string, readonly Step[]][] = [
  ["flush with nothing before", [flush]],
  ["reopen with nothing before", [reopen]],
  ["flush after flush", [write, flush, flush]],
  ["snapshot after flush", [write, flush, snapshot]],
  ["reopen after reopen", [write, reopen, reopen]],
  ["snapshot after reopen", [write, reopen, snapshot]],
  ["flush after snapshot", [write, snapshot, flush]],
  ["reopen after snapshot", [snapshot, reopen]],
  ["snapshot after snapshot", [snapshot, snapshot]],
  ["grows to a size that is not larger", [grow(4096)]],
  ["grows to a size that is not larger", [grow(8192), grow(5120)]],
  ["past the end", [pastEnd]],
  ["past the end", [grow(4096 + 511), pastEnd]],
];
const KEPT: readonly (readonly Step[])[] = [
  [write, write],
  [snapshot, write],
  [write, flush, reopen],
  [write, reopen, flush],
  [write, flush, write, flush],
  [grow(4608), pastEnd],
  [grow(4608), flush, grow(8192)],
];

for (const [reason, steps] of LEFT_OUT) {
  Deno.test(`left out: ${steps.map(({ kind }) => kind).join(", ")} (${reason})`, () => {
    assertEquals(reasonToLeaveOut(steps.slice(0, -1), steps[steps.length - 1], SHAPE), reason);
  });
}

Deno.test("all else is kept", () => {
  for (const steps of KEPT) {
    steps.forEach((step, i) =>
      assertEquals(reasonToLeaveOut(steps.slice(0, i), step, SHAPE), undefined)
    );
  }
});

Deno.test("no sequence ends with a snapshot, whose log is empty", () => {
  assertEquals(reasonNotToEnd([write, snapshot]), "ends with a snapshot");
  assertEquals(reasonNotToEnd([snapshot, write]), undefined);
});

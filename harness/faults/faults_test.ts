import { assert, assertEquals } from "@std/assert";
import {
  bitRot,
  type Defect,
  SHOWN_BY,
  TOLD,
  verdictOf,
} from "../testing/self_identifying_sectors.ts";

Deno.test("a driver that asks for the rest and tells of errors survives what it is told", () => {
  for (const fault of TOLD) assertEquals(verdictOf(fault), "survives", fault);
});

Deno.test("a misdirected write is silent: what it should have overwritten is old, and looks good", () => {
  assertEquals(verdictOf("misdirected-write"), "silent");
});

for (const [defect, faults] of Object.entries(SHOWN_BY)) {
  Deno.test(`injected, and found by ${faults.join(" and ")} only: ${defect}`, () => {
    for (const fault of TOLD) {
      const isFound = verdictOf(fault, defect as Defect) !== "survives";
      assertEquals(isFound, faults.includes(fault), fault);
    }
  });
}

Deno.test("bits that rot in a format with checksums are detected, and in one without are not", () => {
  const { counts, tried, of } = bitRot();
  assert(tried < of);
  assertEquals(counts.silent, 0);
  assertEquals(bitRot("trusts what it reads").counts.detected, 0);
});

import { assert, assertEquals } from "@std/assert";
import type { RangeStep } from "../target/subject.ts";
import { alphabetFor, FEATURES, type Letter } from "./alphabet.ts";
import { SHAPE, SMALL_SHAPE } from "./disk_shape_testing.ts";
import { wideAlphabetFor } from "./wide_alphabet.ts";

function isDistinct(letters: readonly Letter[]): boolean {
  const steps = new Set(letters.map(({ step }) => JSON.stringify(step)));
  const names = new Set(letters.map(({ name }) => name));
  return steps.size === letters.length && names.size === letters.length;
}

function rangesOf(letters: readonly Letter[]): RangeStep[] {
  return letters.map(({ step }) => step).filter((step) => "offsetBytes" in step);
}

Deno.test("the alphabet has each class once, and every feature", () => {
  const letters = alphabetFor(SHAPE);
  assertEquals(letters.length, 23);
  assert(isDistinct(letters));
  assertEquals(new Set(letters.map(({ feature }) => feature)), new Set(FEATURES));
});

Deno.test("letters are of the kinds that the format takes, each of them once on a small disk", () => {
  const letters = alphabetFor(SMALL_SHAPE);
  assertEquals(letters.map(({ name }) => name), [
    "write, a whole free unit",
    "write across units",
    "write the last sector",
    "flush",
  ]);
  assertEquals(rangesOf(letters).map(({ offsetBytes }) => offsetBytes), [0, 0, 1024]);
  assert(isDistinct(letters));
});

Deno.test("what lies behind the end is only asked for where the disk can grow", () => {
  const isBehind = ({ offsetBytes }: RangeStep) => offsetBytes >= SHAPE.sizeBytes;
  assertEquals(rangesOf(alphabetFor(SHAPE)).filter(isBehind).length, 1);
  const kinds = new Set(["write", "discard"] as const);
  assertEquals(rangesOf(alphabetFor({ ...SHAPE, kinds })).filter(isBehind), []);
});

Deno.test("places are whole sectors where the format takes nothing else", () => {
  const isWhole = ({ offsetBytes, lengthBytes }: RangeStep) =>
    offsetBytes % 512 === 0 && lengthBytes % 512 === 0;
  for (const letters of [alphabetFor, wideAlphabetFor]) {
    assert(rangesOf(letters({ ...SHAPE, alignmentBytes: 512 })).every(isWhole));
    assert(!rangesOf(letters(SHAPE)).every(isWhole));
  }
});

Deno.test("the wide alphabet has all of the other one, and more places for its features", () => {
  const wide = wideAlphabetFor(SHAPE);
  assert(isDistinct(wide));
  assertEquals(wide.slice(0, 23), alphabetFor(SHAPE));
  const count = (feature: string) => wide.filter((letter) => letter.feature === feature).length;
  for (const feature of ["write in place", "allocating write", "new table", "crossing"]) {
    assert(count(feature) > 4, feature);
  }
});

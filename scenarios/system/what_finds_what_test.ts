/** Nothing in the explorer is idle: each part of it finds a planted defect that others miss. */
import { assert, assertEquals } from "@std/assert";
import { bumpAllocatorCase } from "../../harness/testing/bump_allocator.ts";
import { assertEnginesAgree } from "../../harness/testing/engine_agreement.ts";
import { FAULTS, PRESETS, SURVIVABLE_PRESETS, VIOLATION_KINDS } from "../../harness/mod.ts";
import { pageWithTables, readPage } from "./what_finds_what_page_testing.ts";
import { faultTable, oracleTable, presetTable, type Row } from "./what_finds_what_testing.ts";

Deno.test("docs/what-finds-what.md says what is found (write it anew with --write)", () => {
  const page = readPage();
  assertEquals(page, pageWithTables(page));
});

Deno.test("for each oracle there is a defect that no other one finds", () => {
  const { rows } = oracleTable();
  for (const kind of VIOLATION_KINDS) assert(rows.some(isFoundBy([kind])), kind);
});

Deno.test("each preset finds something, and those that go furthest something of their own", () => {
  const { rows } = presetTable();
  for (const name of Object.keys(PRESETS)) {
    assert(rows.some(({ foundBy }) => foundBy.includes(name)), name);
  }
  for (const name of ["torn-sector", "neighbour-corruption(4096)", "lying-flush"]) {
    assert(rows.some(isFoundBy([name])), name);
  }
});

Deno.test("for each fault there is a defect that no other one shows, or only its twin", () => {
  const { rows } = faultTable();
  const twins = ["write-fails", "write-fails-late"];
  assert(rows.some(isFoundBy(twins)));
  for (const name of [...Object.keys(FAULTS), "bit rot"]) {
    if (!twins.includes(name)) assert(rows.some(isFoundBy([name])), name);
  }
});

Deno.test("nothing is wrong with the tiny format before something is planted in it", () => {
  for (const preset of SURVIVABLE_PRESETS) {
    assertEquals(assertEnginesAgree(bumpAllocatorCase(preset)).lazy.violations, [], preset.name);
  }
});

function isFoundBy(names: readonly string[]): (row: Row) => boolean {
  return ({ foundBy }) => foundBy.join() === names.join();
}

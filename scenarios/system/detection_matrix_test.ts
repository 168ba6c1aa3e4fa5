/** Each part of the explorer detects a mutant that the others miss. */
import { assert, assertEquals } from "@std/assert";
import { bumpAllocatorCase } from "../../harness/testing/bump_allocator.ts";
import { assertEnginesAgree } from "../../harness/testing/engine_agreement.ts";
import { FAULTS, PRESETS, SURVIVABLE_PRESETS, VIOLATION_KINDS } from "../../harness/advanced.ts";
import { pageWithTables, readPage, writePage } from "./detection_matrix_page_testing.ts";
import {
  type DetectionRow,
  faultTable,
  oracleTable,
  presetTable,
} from "./detection_matrix_testing.ts";

// `deno task docs` runs this file with --write.
Deno.test("docs/detection-matrix.md has the tables of a run (deno task docs writes them)", () => {
  if (Deno.args.includes("--write")) writePage(pageWithTables(readPage()));
  const page = readPage();
  assertEquals(page, pageWithTables(page));
});

Deno.test("for each oracle there is a mutant that no other oracle detects", () => {
  const { rows } = oracleTable();
  for (const kind of VIOLATION_KINDS) assert(rows.some(isDetectedBy([kind])), kind);
});

Deno.test("each preset detects a mutant, and the strongest ones detect one of their own", () => {
  const { rows } = presetTable();
  for (const name of Object.keys(PRESETS)) {
    assert(rows.some(({ detectedBy }) => detectedBy.includes(name)), name);
  }
  for (const name of ["torn-sector", "neighbour-corruption(4096)", "lying-flush"]) {
    assert(rows.some(isDetectedBy([name])), name);
  }
});

Deno.test("for each fault there is a mutant that no other fault shows, or only its twin", () => {
  const { rows } = faultTable();
  const twins = ["write-fails", "write-fails-late"];
  assert(rows.some(isDetectedBy(twins)));
  for (const name of [...Object.keys(FAULTS), "bit rot"]) {
    if (!twins.includes(name)) assert(rows.some(isDetectedBy([name])), name);
  }
});

Deno.test("the bump allocator is clean without a mutation", () => {
  for (const preset of SURVIVABLE_PRESETS) {
    assertEquals(assertEnginesAgree(bumpAllocatorCase(preset)).lazy.violations, [], preset.name);
  }
});

function isDetectedBy(names: readonly string[]): (row: DetectionRow) => boolean {
  return ({ detectedBy }) => detectedBy.join() === names.join();
}

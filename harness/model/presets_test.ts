import { assert, assertEquals, assertThrows } from "@std/assert";
import { BLOCKS, ORDERED, PRESETS, SECTORS, WRITES } from "./presets.ts";

Deno.test("presets are found by their name", () => {
  assertEquals(Object.keys(PRESETS), ["ordered", "writes", "sectors", "blocks"]);
  for (const [name, preset] of Object.entries(PRESETS)) assertEquals(preset.name, name);
});

Deno.test("presets are frozen", () => {
  assert(Object.isFrozen(PRESETS));
  for (const preset of [ORDERED, WRITES, SECTORS, BLOCKS]) {
    assert(Object.isFrozen(preset));
    assertThrows(() => Object.assign(preset, { unit: 1 }), TypeError);
  }
});

Deno.test("units are whole sectors", () => {
  assertEquals([SECTORS.unit, BLOCKS.unit], [512, 4096]);
  assertEquals([ORDERED.ordered, WRITES.ordered], [true, false]);
});

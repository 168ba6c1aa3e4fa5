import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BLOCKS,
  neighbourCorruption,
  ORDERED,
  presetNamed,
  PRESETS,
  SECTORS,
  WRITES,
} from "./presets.ts";

Deno.test("presets are found by their name", () => {
  for (const [name, preset] of Object.entries(PRESETS)) {
    assertEquals(preset.name, name);
    assertEquals(presetNamed(name), preset);
  }
  assertEquals(presetNamed("neighbour-corruption(512)")?.corruptionBytes, 512);
  assertEquals(presetNamed("destruction(512)")?.name, "neighbour-corruption(512)"); // its former name
  for (
    const name of [
      "",
      "constructor",
      "destruction",
      "neighbour-corruption(0)",
      "neighbour-corruption(1000)",
    ]
  ) {
    assertEquals(presetNamed(name), undefined, name);
  }
});

Deno.test("a neighbourhood is a power of two, a sector at least", () => {
  assertEquals(neighbourCorruption(65536).name, "neighbour-corruption(65536)");
  for (const radius of [0, 256, 1000, -512, 2 ** 25, NaN]) {
    assertThrows(() => neighbourCorruption(radius), RangeError, `${radius} must be`);
  }
});

Deno.test("presets are frozen", () => {
  assert(Object.isFrozen(PRESETS));
  for (const preset of Object.values(PRESETS)) {
    assert(Object.isFrozen(preset));
    assertThrows(() => Object.assign(preset, { unit: 1 }), TypeError);
  }
});

Deno.test("units are whole sectors", () => {
  assertEquals([SECTORS.unit, BLOCKS.unit], [512, 4096]);
  assertEquals([ORDERED.ordered, WRITES.ordered], [true, false]);
});

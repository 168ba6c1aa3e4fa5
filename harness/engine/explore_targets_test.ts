/** The ways in which a target may behave, in both engines. */
import { assertEquals } from "@std/assert";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { BLOCKS, ORDERED, SECTORS, WRITES } from "../model/presets.ts";
import { file, guestWrites, keys } from "./explore_testing.ts";
import type { Place, Script } from "../testing/scripted_target.ts";

Deno.test("a sector that moves to the same place of another file changes", () => {
  const script: Partial<Script> = {
    writing: [{ kind: "map", guest: 0, sector: 0, places: [{ kind: "other-file", sector: 3 }] }],
  };
  assertEquals(keys({ script, log: guestWrites }), ["aliasing: guest sector 0"]);
});

Deno.test("a sector that is moved with its contents has not changed", () => {
  const script: Partial<Script> = { writing: [{ kind: "move", guest: 0, to: 1 }] };
  for (const preset of [ORDERED, WRITES, SECTORS, BLOCKS]) {
    assertEquals(keys({ script, log: guestWrites, preset }), []);
  }
});

Deno.test("a sector that is moved to one that may hold the same is checked in pairs", () => {
  // Both places are pending, in one block: they are old together, or new together.
  const script: Partial<Script> = {
    writing: [{ kind: "map", guest: 0, sector: 0, places: [file(4)] }],
    places: [file(3), file(4), file(5)],
  };
  const base = sectorsOf(0, 0, 0, 21, 21, 23);
  const log = (builder: LogBuilder) => {
    const id = builder.beginGuestWrite(0, filled(31, 2 * SECTOR));
    builder.write(3 * SECTOR, filled(31, 2 * SECTOR));
    builder.acknowledge(id);
  };
  const guest = { script, log, base };
  assertEquals(keys({ ...guest, preset: BLOCKS }).filter((key) => key.startsWith("aliasing")), []);
  assertEquals(keys({ ...guest, preset: WRITES }).filter((key) => key.startsWith("aliasing")), []);
  assertEquals(keys({ ...guest, preset: SECTORS }).filter((key) => key.startsWith("aliasing")), [
    "aliasing: guest sector 0",
  ]);
});

Deno.test("a target may read the guest's disk in any order", () => {
  assertEquals(keys({ script: { readsBackwards: true }, log: guestWrites }), []);
});

Deno.test("a target may depend on how much of a read was there", () => {
  const places: Place[] = [{ kind: "inside-file", sector: 3 }, file(4), file(5)];
  const log = (builder: LogBuilder) => {
    guestWrites(builder);
    builder.resize(2 * SECTOR);
  };
  assertEquals(
    keys({ script: { places }, log }).includes(
      "unusable: a place past the end of the file",
    ),
    true,
  );
});

Deno.test("of post-recovery writes that overlap the last one counts", () => {
  assertEquals(
    keys({ script: { postRecoveryWrites: [{ sector: 1, count: 2 }, { sector: 1, count: 1 }] } }),
    [],
  );
});

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { Contents } from "../model/contents.ts";
import { epochsOf } from "../model/epochs.ts";
import { BLOCKS, ORDERED, type Preset, SECTORS, WRITES } from "../model/presets.ts";
import { stateSpaceOf } from "../model/state_space.ts";
import { ExhaustiveChoices } from "../choices/choices.ts";
import { countImages, countStates, StateCounter } from "./count_states.ts";
import { CrashPoint } from "../reference/crash_point.ts";

const BASE = sectorsOf(7, 7, 7, 7);

function counted(builder: LogBuilder, preset: Preset) {
  const contents = new Contents();
  const states = new StateCounter();
  const images = new StateCounter();
  for (const epoch of epochsOf(builder.log(BASE), contents)) {
    const space = stateSpaceOf(epoch, preset, contents);
    countStates(space, states);
    countImages(space, images);
  }
  return { states: states.total, images: images.total };
}

/** Counted one by one: how many choice sequences build a file, and how many different files they build. */
function enumerated(builder: LogBuilder, preset: Preset): { states: number; images: number } {
  const log = builder.log(BASE);
  const files = new Set<string>();
  let states = 0;
  for (let event = -1; event < log.events.length; event++) {
    const point = new CrashPoint(log, preset, event);
    const choices = new ExhaustiveChoices();
    do {
      const file = point.build(choices);
      const bytes = new Uint8Array(file.sizeBytes);
      file.read(0, bytes);
      files.add(bytes.join());
      states++;
    } while (choices.advance());
  }
  return { states, images: files.size };
}

/** Two overlapping writes over three sectors, one of them growing the file. */
function smallLog(): LogBuilder {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(1, 2 * SECTOR));
  builder.write(3 * SECTOR, filled(2, 2 * SECTOR));
  return builder;
}

// After the first write is issued: two events, then two more with the second one issued too.
for (
  const [preset, states] of [
    [ORDERED, 1 + 2 * 2 + 2 * 3],
    [WRITES, 1 + 2 * 2 + 2 * (4 * 2)],
    [SECTORS, 1 + 2 * 4 + 2 * (2 * 3 * 2 * 2)],
    [BLOCKS, 1 + 2 * 2 + 2 * (3 * 2)],
  ] as const
) {
  Deno.test(`states under ${preset.name} are counted for every crash point`, () => {
    assertEquals(counted(smallLog(), preset).states, {
      exact: `${states}`,
      log2: Math.round(Math.log2(states) * 1000) / 1000,
    });
    assertEquals(enumerated(smallLog(), preset).states, states);
  });
}

Deno.test("images are counted once, whatever crash leaves them", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  builder.write(SECTOR, filled(2));
  builder.mark("the same states again");
  assertEquals(counted(builder, SECTORS).images.exact, "4");
  assertEquals(enumerated(builder, SECTORS).images, 4);
});

Deno.test("three sectors written once and one written twice are 24 images", () => {
  const builder = new LogBuilder();
  for (let i = 0; i < 4; i++) builder.write(i * SECTOR, filled(1));
  builder.write(0, filled(2));
  assertEquals(counted(builder, SECTORS).images.exact, "24");
  assertEquals(enumerated(builder, SECTORS).images, 24);
});

Deno.test("what equals an earlier version makes a state, but no image of its own", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(7));
  assertEquals(counted(builder, SECTORS).states.exact, "5");
  assertEquals(counted(builder, SECTORS).images.exact, "1");
});

Deno.test("a size change that writes nothing makes a size, not a sector", () => {
  const builder = new LogBuilder();
  builder.resize(5 * SECTOR + 100);
  assertEquals(counted(builder, SECTORS).states.exact, "3");
  assertEquals(counted(builder, BLOCKS).states.exact, "3");
});

Deno.test("from 2^64 on only the logarithm is kept, and it is right", () => {
  const builder = new LogBuilder();
  builder.issue(0, filled(1, 100 * SECTOR));
  const { states } = counted(builder, SECTORS);
  assertEquals(states.exact, undefined);
  // 2^100 combinations, times two sizes.
  assertAlmostEquals(states.log2, 101, 0.001);
});

Deno.test("sums of large numbers stay right", () => {
  const counter = new StateCounter();
  for (let i = 0; i < 1024; i++) counter.add(90, () => 2n ** 90n);
  assertEquals(counter.total, { log2: 100 });
});

import { assertEquals, assertThrows } from "@std/assert";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { BLOCKS, ORDERED, type Preset, SECTORS, WRITES } from "../model/presets.ts";
import { ChoiceError, ExhaustiveChoices, RecordedChoices } from "../choices/choices.ts";
import { CrashPoint } from "./crash_point.ts";

const BASE = sectorsOf(7, 8);

/** Every file that a crash after the last event can leave, a digit for each sector. */
function filesOf(builder: LogBuilder, preset: Preset, base = BASE): string[] {
  const point = new CrashPoint(builder.log(base), preset, builder.at);
  const choices = new ExhaustiveChoices();
  const files: string[] = [];
  do {
    const file = point.build(choices);
    const bytes = new Uint8Array(file.sizeBytes);
    file.read(0, bytes);
    let text = "";
    for (let at = 0; at < bytes.length; at += SECTOR) text += bytes[at];
    files.push(text);
  } while (choices.advance());
  return files;
}

function twoWrites(): LogBuilder {
  const builder = new LogBuilder();
  builder.write(0, sectorsOf(1, 2));
  builder.write(SECTOR, filled(3));
  return builder;
}

Deno.test("`ordered` leaves a prefix of the writes", () => {
  assertEquals(filesOf(twoWrites(), ORDERED), ["78", "12", "13"]);
});

Deno.test("`writes` leaves any subset of them, each whole", () => {
  assertEquals(filesOf(twoWrites(), WRITES), ["78", "73", "12", "13"]);
});

Deno.test("`sectors` leaves each sector old or in any version since", () => {
  assertEquals(filesOf(twoWrites(), SECTORS), ["78", "72", "73", "18", "12", "13"]);
});

Deno.test("`blocks` leaves each block in any version since", () => {
  assertEquals(filesOf(twoWrites(), BLOCKS), ["78", "12", "13"]);
});

Deno.test("the size persists on its own, and data beyond it is lost", () => {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(5));
  assertEquals(filesOf(builder, SECTORS), ["78", "780", "78", "785"]);
});

Deno.test("under `ordered` the size belongs to the prefix", () => {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(5));
  builder.resize(SECTOR);
  assertEquals(filesOf(builder, ORDERED), ["78", "785", "7"]);
});

Deno.test("under `ordered` a write that arrives late does not undo a durable size", () => {
  const builder = new LogBuilder();
  builder.issue(2 * SECTOR, filled(5));
  builder.write(3 * SECTOR, filled(6));
  builder.flush();
  assertEquals(filesOf(builder, ORDERED), ["7806", "7856"]);
});

Deno.test("a cut leaves the size or the zeroes, each without the other", () => {
  const builder = new LogBuilder();
  builder.resize(SECTOR);
  builder.resize(2 * SECTOR);
  assertEquals(filesOf(builder, SECTORS), ["78", "7", "70", "7"]);
});

Deno.test("a crash before any event leaves the base, and that is durable", () => {
  const point = new CrashPoint(twoWrites().log(BASE), SECTORS, -1);
  assertEquals([point.stateCount, point.pendingCount], [1n, 0]);
});

Deno.test("durable data is inside the file although the write that made it grow is in flight", () => {
  const builder = new LogBuilder();
  builder.issue(4 * SECTOR, filled(5));
  builder.write(2 * SECTOR, filled(6));
  builder.flush();
  const point = new CrashPoint(builder.log(BASE), SECTORS, builder.at);
  assertEquals(point.sizes, [3 * SECTOR, 5 * SECTOR]);
});

Deno.test("the choice sequence for a state builds that state, for every state", () => {
  for (const preset of [ORDERED, WRITES, SECTORS, BLOCKS]) {
    const builder = twoWrites();
    builder.write(2 * SECTOR, filled(5));
    const point = new CrashPoint(builder.log(BASE), preset, builder.at);
    const choices = new ExhaustiveChoices();
    do {
      point.build(choices);
      const sequence = choices.sequence();
      assertEquals(point.choicesFor(point.describe(new RecordedChoices(sequence))), sequence);
    } while (choices.advance());
  }
});

Deno.test("a choice sequence of another crash point is refused", () => {
  const point = new CrashPoint(twoWrites().log(BASE), SECTORS, 0);
  assertThrows(() => point.build(new RecordedChoices([2])), ChoiceError);
  assertThrows(
    () => point.choicesFor({ byUnit: new Map([[0, { event: 3 }]]), sizeBytes: undefined }),
    Error,
    "no such version",
  );
});

Deno.test("a size that the file never had is refused", () => {
  const builder = new LogBuilder();
  builder.resize(SECTOR);
  const point = new CrashPoint(builder.log(BASE), SECTORS, 0);
  const persisted = { byUnit: new Map(), sizeBytes: 17 };
  assertThrows(() => point.choicesFor(persisted), Error, "no such size 17");
});

import { assertEquals } from "@std/assert";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { BLOCKS, ORDERED, SECTORS, WRITES } from "../model/presets.ts";
import { type Choices, ExhaustiveChoices, RecordedChoices } from "../choices/choices.ts";
import { crashDisk, readOf, writeTo } from "./crash_disk_testing.ts";

const BASE = sectorsOf(7, 8, 9);

/** Counts the questions and answers from a choice sequence. */
class CountedChoices implements Choices {
  readonly isRetracing = false;
  readonly counts: number[] = [];
  readonly #sequence: RecordedChoices;
  constructor(...sequence: number[]) {
    this.#sequence = new RecordedChoices(sequence);
  }
  choose(optionCount: number): number {
    this.counts.push(optionCount);
    return this.#sequence.choose(optionCount);
  }
}

/** Sectors 0 and 1 written twice and once, nothing flushed. */
function pendingLog(): LogBuilder {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  builder.write(SECTOR, filled(2));
  builder.write(0, filled(3));
  return builder;
}

Deno.test("a sector is decided when it is first read, and not again", () => {
  const choices = new CountedChoices(2);
  const { disk } = crashDisk(pendingLog(), BASE, { preset: SECTORS, choices });
  assertEquals(choices.counts, []);
  assertEquals(readOf(disk, 100, 10), filled(3, 10));
  assertEquals(readOf(disk, 0, SECTOR), filled(3));
  assertEquals(choices.counts, [3]);
});

Deno.test("what is durable is read without a question", () => {
  const choices = new CountedChoices();
  const { disk } = crashDisk(pendingLog(), BASE, { preset: SECTORS, choices });
  assertEquals(readOf(disk, 2 * SECTOR, SECTOR), filled(9));
  assertEquals(choices.counts, []);
});

Deno.test("a read across sectors decides each on its own", () => {
  const choices = new CountedChoices(0, 1);
  const { disk } = crashDisk(pendingLog(), BASE, { preset: SECTORS, choices });
  assertEquals(readOf(disk, 0, 2 * SECTOR), sectorsOf(7, 2));
  assertEquals(choices.counts, [3, 2]);
});

Deno.test("a block is decided as a whole", () => {
  const choices = new CountedChoices(2);
  const { disk } = crashDisk(pendingLog(), BASE, { preset: BLOCKS, choices });
  assertEquals(readOf(disk, SECTOR, SECTOR), filled(2));
  assertEquals(readOf(disk, 0, SECTOR), filled(1));
  assertEquals(choices.counts, [4]);
});

Deno.test("under `ordered` a prefix of the writes is there", () => {
  const choices = new CountedChoices(2);
  const { disk } = crashDisk(pendingLog(), BASE, { preset: ORDERED, choices });
  assertEquals(readOf(disk, 0, 3 * SECTOR), sectorsOf(1, 2, 9));
  assertEquals(choices.counts, [4]);
});

Deno.test("under `writes` a write of the whole sector hides those before it", () => {
  const choices = new CountedChoices(1);
  const { disk } = crashDisk(pendingLog(), BASE, { preset: WRITES, choices });
  assertEquals(readOf(disk, 0, SECTOR), filled(3));
  assertEquals(choices.counts, [2]);
});

Deno.test("under `writes` a write brings its sectors as they were after it", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1, 300));
  builder.write(200, filled(2, 300));
  const choices = new CountedChoices(1, 0);
  const { disk } = crashDisk(builder, BASE, { preset: WRITES, choices });
  const wanted = [...filled(1, 200), ...filled(2, 300), ...filled(7, 12)];
  assertEquals(readOf(disk, 0, SECTOR), new Uint8Array(wanted));
});

Deno.test("the size is decided when it is first asked for", () => {
  const builder = new LogBuilder();
  builder.write(5 * SECTOR, filled(1));
  const choices = new CountedChoices(1);
  const { disk } = crashDisk(builder, BASE, { preset: SECTORS, choices });
  assertEquals(readOf(disk, 0, 3 * SECTOR), BASE);
  assertEquals([choices.counts, disk.decisions.describe([]).sizeBytes], [[], undefined]);
  assertEquals(disk.perform({ kind: "size", file: 0 }), 6 * SECTOR);
  assertEquals([choices.counts, disk.decisions.describe([]).sizeBytes], [[2], 6 * SECTOR]);
});

Deno.test("a read past the size that persisted is short, and decides no sector there", () => {
  const builder = new LogBuilder();
  builder.write(3 * SECTOR, filled(1));
  const choices = new CountedChoices(0);
  const { disk } = crashDisk(builder, BASE, { preset: SECTORS, choices });
  assertEquals(readOf(disk, 2 * SECTOR, 2 * SECTOR), filled(9));
  assertEquals(readOf(disk, 3 * SECTOR, SECTOR).length, 0);
  assertEquals(choices.counts, [2]);
});

Deno.test("a size that persisted without its data reads as zeroes", () => {
  const builder = new LogBuilder();
  builder.write(4 * SECTOR, filled(1));
  const choices = new CountedChoices(1, 0);
  const { disk } = crashDisk(builder, BASE, { preset: SECTORS, choices });
  assertEquals(readOf(disk, 2 * SECTOR, 3 * SECTOR), sectorsOf(9, 0, 0));
});

Deno.test("a file cut off and grown again may still hold what was cut off", () => {
  const builder = new LogBuilder();
  builder.resize(SECTOR);
  builder.resize(3 * SECTOR);
  const choices = new CountedChoices(0, 0, 1);
  const { disk } = crashDisk(builder, BASE, { preset: SECTORS, choices });
  assertEquals(disk.sizeBytes, 3 * SECTOR);
  assertEquals(readOf(disk, 0, 3 * SECTOR), sectorsOf(7, 8, 0));
});

Deno.test("what lies between the old end and a write past it reads as zeroes", () => {
  const builder = new LogBuilder();
  builder.write(4 * SECTOR, filled(1));
  const choices = new CountedChoices(0);
  const { disk } = crashDisk(builder, BASE, { preset: SECTORS, choices });
  writeTo(disk, 6 * SECTOR, filled(5, 10));
  assertEquals(disk.sizeBytes, 6 * SECTOR + 10);
  // The data that was lost with its size does not come back either.
  assertEquals(
    readOf(disk, 3 * SECTOR, 9 * SECTOR),
    new Uint8Array([
      ...sectorsOf(0, 0, 0),
      ...filled(5, 10),
    ]),
  );
});

Deno.test("a write to a part of a sector decides the rest of it", () => {
  const choices = new CountedChoices(1);
  const { disk } = crashDisk(pendingLog(), BASE, { preset: SECTORS, choices });
  writeTo(disk, 100, filled(5, 12));
  assertEquals(choices.counts, [3]);
  const wanted = [...filled(1, 100), ...filled(5, 12), ...filled(1, 400)];
  assertEquals(readOf(disk, 0, SECTOR), new Uint8Array(wanted));
});

Deno.test("a write of a whole sector decides nothing", () => {
  const choices = new CountedChoices();
  const { disk } = crashDisk(pendingLog(), BASE, { preset: SECTORS, choices });
  writeTo(disk, 0, sectorsOf(5, 6));
  assertEquals(readOf(disk, 0, 3 * SECTOR), sectorsOf(5, 6, 9));
  assertEquals(choices.counts, []);
});

Deno.test("a sector at a ragged end of the file is zero beyond it", () => {
  const base = BASE.subarray(0, 2 * SECTOR + 100);
  const { disk, contents } = crashDisk(new LogBuilder(), base, {
    preset: SECTORS,
    choices: new CountedChoices(),
  });
  assertEquals(readOf(disk, 2 * SECTOR, SECTOR), filled(9, 100));
  writeTo(disk, 2 * SECTOR + 200, filled(5, 10));
  const wanted = [...filled(9, 100), ...filled(0, 100), ...filled(5, 10)];
  assertEquals(readOf(disk, 2 * SECTOR, SECTOR), new Uint8Array(wanted));
  const [candidate, ...others] = disk.candidates(2);
  assertEquals(others, []);
  assertEquals(contents.bytesOf(candidate.content).subarray(0, 210), new Uint8Array(wanted));
});

Deno.test("a cut inside a sector takes the rest of it away for good", () => {
  const { disk } = crashDisk(new LogBuilder(), BASE, {
    preset: SECTORS,
    choices: new CountedChoices(),
  });
  disk.perform({ kind: "resize", file: 0, sizeBytes: 2 * SECTOR + 100, label: "" });
  disk.perform({ kind: "resize", file: 0, sizeBytes: 4 * SECTOR, label: "" });
  const wanted = [...filled(8), ...filled(9, 100), ...filled(0, 412), ...filled(0)];
  assertEquals(readOf(disk, SECTOR, 3 * SECTOR), new Uint8Array(wanted));
});

Deno.test("the next run finds the disk as it was", () => {
  const choices = new ExhaustiveChoices();
  const { disk } = crashDisk(pendingLog(), BASE, { preset: SECTORS, choices });
  const seen: number[][] = [];
  do {
    disk.begin();
    seen.push([readOf(disk, 0, 1)[0], readOf(disk, SECTOR, 1)[0], readOf(disk, 2 * SECTOR, 1)[0]]);
    writeTo(disk, 10, filled(66, 3 * SECTOR));
    disk.perform({ kind: "resize", file: 0, sizeBytes: 0, label: "" });
    disk.end();
  } while (choices.advance());
  assertEquals(seen.map(String), ["7,8,9", "7,2,9", "1,8,9", "1,2,9", "3,8,9", "3,2,9"]);
});

Deno.test("a disk that is released leaves the durable image as it was", () => {
  const { disk, space, contents } = crashDisk(pendingLog(), BASE, {
    preset: SECTORS,
    choices: new CountedChoices(2, 1),
  });
  readOf(disk, 0, 3 * SECTOR);
  writeTo(disk, 0, filled(66));
  disk.end();
  disk.release();
  const bytes = [0, 1, 2].map((sector) => {
    const { durable } = space.epoch;
    const at = sector * SECTOR;
    return [durable.page(0).bytes[at], contents.bytesOf(durable.idOf(sector))[0]];
  });
  assertEquals(bytes, [[7, 7], [8, 8], [9, 9]]);
});

Deno.test("the earliest crash is the one after the newest version that was decided", () => {
  const { disk } = crashDisk(pendingLog(), BASE, {
    preset: SECTORS,
    choices: new CountedChoices(1, 2),
  });
  assertEquals(disk.decisions.earliestEvent, -1);
  readOf(disk, SECTOR, 1);
  assertEquals(disk.decisions.earliestEvent, 2);
  readOf(disk, 0, 1);
  assertEquals(disk.decisions.earliestEvent, 4);
  assertEquals(disk.decisions.persisted(), [[1, 1], [0, 2]]);
});

Deno.test("candidates are all versions of a sector that nobody looked at, and then one", () => {
  const { disk, contents } = crashDisk(pendingLog(), BASE, {
    preset: SECTORS,
    choices: new CountedChoices(1),
  });
  const values = () =>
    disk.candidates(0).map((candidate) => contents.bytesOf(candidate.content)[0]);
  assertEquals(values(), [7, 1, 3]);
  assertEquals(disk.candidates(0).map((candidate) => candidate.event), [-1, 0, 4]);
  readOf(disk, 0, 1);
  assertEquals(values(), [1]);
  writeTo(disk, 0, filled(5));
  assertEquals(values(), [5]);
});

Deno.test("a version equal to an earlier one is offered once, since its first event", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  builder.write(0, filled(7));
  builder.write(0, filled(1));
  const { disk } = crashDisk(builder, BASE, { preset: SECTORS, choices: new CountedChoices() });
  assertEquals(disk.candidates(0).map((candidate) => candidate.event), [-1, 0]);
});

Deno.test("options of one unit contradict each other and what was decided", () => {
  const { disk } = crashDisk(pendingLog(), BASE, {
    preset: SECTORS,
    choices: new CountedChoices(1),
  });
  assertEquals(disk.decisions.isPossible([[0, 1], [1, 1]]), true);
  assertEquals(disk.decisions.isPossible([[0, 1], [0, 2]]), false);
  readOf(disk, 0, 1);
  assertEquals(disk.decisions.isPossible([[0, 2]]), false);
  assertEquals(disk.decisions.isPossible([[0, 1], [1, 0]]), true);
});

Deno.test("a read that is watched moves what is inside the file, unseen", () => {
  const builder = new LogBuilder();
  builder.write(3 * SECTOR, filled(1));
  const choices = new CountedChoices(0);
  const base = BASE.subarray(0, 2 * SECTOR + 100);
  const { disk, reads } = crashDisk(builder, base, { preset: SECTORS, choices });
  const into = filled(99, 4 * SECTOR);
  reads.watch(into);
  const moved = (sector: number) =>
    disk.perform({
      kind: "read",
      file: 0,
      offsetBytes: sector * SECTOR,
      into: into.subarray(sector * SECTOR, (sector + 1) * SECTOR),
      label: "data",
    });
  assertEquals([moved(3), moved(2), moved(0)], [0, 100, SECTOR]);
  reads.stop();
  assertEquals(into, filled(99, 4 * SECTOR));
  assertEquals(reads.spans.map((span) => span.fileOffsetBytes), [0, 2 * SECTOR]);
});

import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { CrashPoint, type Preset, SECTORS, type WriteLog, WRITES } from "../../harness/advanced.ts";
import { filled, LogBuilder, SECTOR } from "../../harness/testing/log_builder.ts";
import { sized } from "../../test_support/long.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crashStatesOf } from "./crash_states.ts";
import { SparseImage } from "./sparse_image.ts";

const BASE_SECTORS = 40;

function onBase<T>(run: (base: SparseImage) => T): Promise<T> {
  return inTempDir((dir) => {
    const path = `${dir}/base.img`;
    Deno.writeFileSync(path, new Uint8Array(BASE_SECTORS * SECTOR).fill(7));
    return Promise.resolve(run(new SparseImage(path)));
  });
}

/** Guest writes of a sector each, with a flush after some. */
function logOf(base: SparseImage, writes: number, flushEvery: number): WriteLog {
  const builder = new LogBuilder();
  for (let number = 0; number < writes; number++) {
    const offsetBytes = number % BASE_SECTORS * SECTOR;
    const id = builder.beginGuestWrite(offsetBytes, filled(number));
    builder.write(offsetBytes, filled(number));
    builder.acknowledge(id);
    if (number % flushEvery !== flushEvery - 1) continue;
    const flush = builder.beginGuestFlush();
    builder.flush();
    builder.acknowledge(flush);
  }
  return { ...builder.log(new Uint8Array()), base };
}

/** Every file that a crash can leave, one point after the other. */
function filesOf(log: WriteLog, preset: Preset): { files: Set<string>; count: bigint } {
  const files = new Set<string>();
  let count = 0n;
  for (let event = -1; event < log.events.length; event++) {
    const point = new CrashPoint(log, preset, event);
    count += point.stateCount;
    for (const persisted of point.states()) {
      const file = point.build({
        choose: ((choices) => () => choices.shift() ?? 0)(point.choicesFor(persisted)),
        isRetracing: false,
      });
      files.add(textOf(file));
    }
  }
  return { files, count };
}

function textOf(file: { sizeBytes: number; read(offset: number, into: Uint8Array): void }): string {
  const bytes = new Uint8Array(file.sizeBytes);
  file.read(0, bytes);
  return bytes.filter((_, at) => at % SECTOR === 0).join(" ");
}

for (const preset of [WRITES, SECTORS]) {
  Deno.test(`under ${preset.name} the different files are those of brute force`, () =>
    onBase((base) => {
      const log = logOf(base, 12, 4);
      const { contents, stateCount, builtCount } = crashStatesOf(log, preset, base);
      const { files, count } = filesOf(log, preset);
      assertEquals(new Set(contents.map(({ image }) => textOf(image))), files);
      assertEquals([contents.length, stateCount, builtCount], [files.size, count, count]);
    }));
}

Deno.test("a file that two epochs can leave is judged by both", () =>
  onBase((base) => {
    const { contents } = crashStatesOf(logOf(base, 2, 1), WRITES, base);
    const flushed = contents.find(({ image }) => textOf(image).startsWith("0 7"))!;
    assertGreater(flushed.states.length, 1);
  }));

Deno.test("where there are too many states, those with little on disk or little missing are built", () =>
  onBase((base) => {
    // Two to the power of so many are too many.
    const writes = sized({ short: 14, long: 30 });
    const log = logOf(base, writes, 100);
    const { contents, stateCount, builtCount } = crashStatesOf(log, WRITES, base);
    assertLess(builtCount, stateCount);
    const texts = new Set(contents.map(({ image }) => textOf(image)));
    const all = Array.from({ length: BASE_SECTORS }, (_, i) => i < writes ? i : 7);
    assertEquals(texts.has(all.join(" ")), true);
    const missing = all.map((value, i) => i === 11 ? 7 : value);
    assertEquals(texts.has(missing.join(" ")), true);
    const lonely = all.map((value, i) => i === 11 ? value : 7);
    assertEquals(texts.has(lonely.join(" ")), true);
  }));

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { Contents } from "./contents.ts";
import { countTears, TEAR_BYTES, type TearableVersion, tornVersions } from "./tears.ts";

const SECTOR = 512;
const GROUPS = SECTOR / TEAR_BYTES;

/** A sector of zeroes, but for some groups of 8 bytes. */
const SECTOR_BYTES = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 62, 63), fc.nat(2)), {
  maxLength: 5,
}).map((groups) => {
  const bytes = new Uint8Array(SECTOR);
  for (const [group, value] of groups) bytes[group * TEAR_BYTES + 3] = value;
  return bytes;
});
const VERSIONS = fc.array(SECTOR_BYTES, { minLength: 1, maxLength: 4 });

/** Tear every pair at every place, and keep what is new: for each content its earliest event. */
function tornByAll(versions: readonly TearableVersion[], contents: Contents): Map<number, number> {
  const earliest = new Map<number, number>();
  const note = (into: Map<number, number>, content: number, event: number) =>
    into.set(content, Math.min(into.get(content) ?? Infinity, event));
  for (const newer of versions) {
    for (const older of versions.slice(0, versions.indexOf(newer))) {
      for (let group = 1; group < GROUPS; group++) {
        for (const [first, rest] of [[newer, older], [older, newer]]) {
          const bytes = contents.bytesOf(rest.content).slice();
          bytes.set(contents.bytesOf(first.content).subarray(0, group * TEAR_BYTES));
          note(earliest, contents.idOf(bytes), newer.event);
        }
      }
    }
  }
  const whole = new Map<number, number>();
  for (const { content, event } of versions) note(whole, content, event);
  return new Map(
    [...earliest].filter(([content, event]) => event < (whole.get(content) ?? Infinity)),
  );
}

seededTest("a sector tears into what tearing every pair everywhere makes of it", (seed) => {
  fc.assert(
    fc.property(VERSIONS, (sectors) => {
      const contents = new Contents();
      const versions = sectors.map((bytes, i) => ({
        content: contents.idOf(bytes),
        event: 3 * i - 1,
      }));
      const torn = tornVersions(versions, contents);
      const found = new Map(torn.map(({ content, event }) => [content, event]));
      assertEquals(found.size, torn.length, "a content comes twice");
      const expected = tornByAll(versions, contents);
      assertEquals([...found].sort(byContent), [...expected].sort(byContent));
    }),
    { seed, numRuns: 150 },
  );
});

seededTest("of two versions as many tears are counted as there are", (seed) => {
  fc.assert(
    fc.property(SECTOR_BYTES, SECTOR_BYTES, (a, b) => {
      const contents = new Contents();
      const [older, newer] = [contents.idOf(a), contents.idOf(b)];
      const torn = tornVersions(
        [{ content: older, event: -1 }, { content: newer, event: 4 }],
        contents,
      );
      assertEquals(countTears(older, newer, contents), torn.length);
      for (const { event, tear } of torn) {
        assert(tear !== undefined && tear.atBytes % TEAR_BYTES === 0);
        assertEquals([event, tear.oldEvent], [4, -1]);
      }
    }),
    { seed, numRuns: 200 },
  );
});

function byContent([a]: readonly [number, number], [b]: readonly [number, number]): number {
  return a - b;
}

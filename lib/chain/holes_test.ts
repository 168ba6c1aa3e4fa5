import { assertEquals, assertThrows } from "@std/assert";
import { optionalTest } from "../../test_support/optional.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { HoleFinder } from "./holes.ts";

const MIB = 1 << 20;

function sparseFile(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  for (const offset of [MIB, 3 * MIB]) {
    file.seekSync(offset, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(65536).fill(1));
  }
  file.truncateSync(5 * MIB);
}

Deno.test("data is found, and everything outside the ranges is zero", () =>
  inTempDir((dir) => {
    const path = `${dir}/sparse`;
    sparseFile(path);
    const bytes = Deno.readFileSync(path);
    using finder = new HoleFinder(path);
    let at = 0;
    for (let range = finder.nextData(0); range; range = finder.nextData(range.endBytes)) {
      assertEquals(range.startBytes >= at && range.endBytes > range.startBytes, true);
      assertEquals(bytes.subarray(at, range.startBytes).every((byte) => byte === 0), true);
      at = range.endBytes;
    }
    assertEquals(bytes.subarray(at).every((byte) => byte === 0), true);
    assertEquals(finder.nextData(MIB + 5)?.startBytes, MIB + 5);
  }));

Deno.test("nothing follows the end of the file or its last data", () =>
  inTempDir((dir) => {
    sparseFile(`${dir}/sparse`);
    using finder = new HoleFinder(`${dir}/sparse`);
    for (const offset of [5 * MIB, 6 * MIB]) assertEquals(finder.nextData(offset), undefined);
    Deno.writeFileSync(`${dir}/empty`, new Uint8Array(0));
    using empty = new HoleFinder(`${dir}/empty`);
    assertEquals(empty.nextData(0), undefined);
  }));

optionalTest({
  name: "the holes of a sparse file are known",
  missing: Deno.build.os === "linux" ? undefined : "holes are only asked for on Linux",
  body: () =>
    inTempDir((dir) => {
      sparseFile(`${dir}/sparse`);
      using finder = new HoleFinder(`${dir}/sparse`);
      assertEquals(finder.nextData(0), { startBytes: MIB, endBytes: MIB + 65536 });
      assertEquals(finder.nextData(2 * MIB), { startBytes: 3 * MIB, endBytes: 3 * MIB + 65536 });
      assertEquals(finder.nextData(4 * MIB), undefined);
    }),
});

Deno.test("a file that is not there is an error", () => {
  assertThrows(() => new HoleFinder("/nonexistent/file"), Error, "ENOENT");
});

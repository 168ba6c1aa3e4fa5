import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { HostError } from "../chain/mod.ts";
import { ImageError } from "../qed/mod.ts";
import { Image } from "./image.ts";
import { CLUSTER, crashAfterWrite, pattern, withImage } from "./image_testing.ts";

/** Where the L1 table of the test images is in the file, in bytes. */
const L1_TABLE = CLUSTER;
const DEAD = 7 * CLUSTER;

/** Have an entry of the first L2 table, or of the L1 table, point past the end of the file. */
function injectDeadEntry(path: string, where: "l1" | "l2", index: number): void {
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  const table = where === "l1" ? L1_TABLE : Number(view.getBigUint64(L1_TABLE, true));
  view.setBigUint64(table + 8 * index, BigInt(bytes.length), true);
  Deno.writeFileSync(path, bytes);
}

Deno.test("in the background a dirty image is repaired while it is in use", () =>
  withImage("qed", async (path) => {
    await crashAfterWrite(path, 0);
    injectDeadEntry(path, "l2", 7);
    injectDeadEntry(path, "l1", 1);
    await using image = await Image.open(path, { writable: true, check: "background" });
    const ended: string[] = [];
    const note = (what: string) => () => ended.push(what);
    const requests = [
      image.checked.then(note("check")),
      image.write(DEAD, pattern(2, 512)).then(note("allocation")),
      image.read(0, 512).then((bytes) => assertEquals(bytes, pattern(9, 512))).then(note("read")),
      image.read(DEAD + 1024, 512).then((bytes) => assertEquals(bytes, new Uint8Array(512))),
      image.read(600 * CLUSTER, 512).then((bytes) => assertEquals(bytes, new Uint8Array(512))),
    ];
    assertEquals(image.isDirty, true);
    await Promise.all(requests);
    assertEquals(ended.indexOf("check") < ended.indexOf("allocation"), true, ended.join());
    assertEquals((await image.checked)?.corruptionsFixed, 2);
    assertEquals(await image.read(DEAD, 512), pattern(2, 512));
    assertEquals((await image.check()).corruptions, 0);
  }));

Deno.test("closing waits for the check", () =>
  withImage("qed", async (path) => {
    await crashAfterWrite(path, 0);
    injectDeadEntry(path, "l2", 7);
    {
      await using _image = await Image.open(path, { writable: true, check: "background" });
    }
    await using again = await Image.open(path);
    assertEquals([again.isDirty, (await again.check()).corruptions], [false, 0]);
  }));

Deno.test("a failed check is reported; the image takes no writes and stays dirty", () =>
  withImage("qed", async (path) => {
    await crashAfterWrite(path, 0);
    const image = await Image.open(path, { writable: true, check: "background" });
    image[Symbol.dispose]();
    assertInstanceOf(await image.checked.catch((error) => error), Error);
    await using readOnly = await Image.open(path);
    assertEquals(readOnly.isDirty, true);
    await assertRejects(() => image.write(0, new Uint8Array(1)), ImageError, "closed");
    await assertRejects(() => Image.open(path, { writable: true }), HostError, "open read-only");
  }));

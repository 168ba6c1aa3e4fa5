import { assertEquals, assertThrows } from "@std/assert";
import { failNth, labelled } from "../../../test_support/recording.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { discardImage } from "../io/discard.ts";
import { emptyImage } from "./empty_image.ts";
import { ImageError } from "../format/format_error.ts";
import { openImage } from "../open.ts";
import { CLUSTER, PER_TABLE, SmallImage } from "../io/unmapping_testing.ts";

const BACKING = new Uint8Array(2 * PER_TABLE).fill(0xbb);

Deno.test("everything is dropped, the file ends after the L1 table, and the image stays usable", () => {
  for (const backing of [undefined, BACKING]) {
    const small = new SmallImage(backing && { backing });
    for (let i = 0; i < 4; i++) small.write(i * PER_TABLE, CLUSTER);
    small.run(discardImage(small.image, PER_TABLE, CLUSTER));
    const labels = small.labels(emptyImage(small.image));
    assertEquals(labels, ["l1-table", "flush", "dropped clusters", "flush"]);
    assertEquals([small.extents(), small.fileClusters], [[], 2]);
    assertEquals([0, 3 * PER_TABLE].map((at) => small.byteAt(at)), [backing ? 0xbb : 0, 0]);
    small.write(PER_TABLE, CLUSTER, 7);
    assertEquals([small.byteAt(PER_TABLE), small.byteAt(0)], [7, backing ? 0xbb : 0]);
    assertEquals(small.check(), { corruptions: 0, leaks: 0 });
    small.reopen();
    assertEquals(small.byteAt(PER_TABLE), 7);
  }
});

Deno.test("an image that is empty already only loses its leaks", () => {
  const small = new SmallImage();
  small.storage.fault = failNth(0, "EIO", labelled("write", "new-l2-table"));
  assertThrows(() => small.write(0, CLUSTER), StorageError);
  small.storage.fault = () => undefined;
  assertEquals(small.labels(emptyImage(small.image)), ["flush", "dropped clusters", "flush"]);
  assertEquals(small.fileClusters, 2);
});

Deno.test("after a failure the image takes no writes, and reads old or dropped contents", () => {
  for (let index = 0; index < 4; index++) {
    const small = new SmallImage({ backing: BACKING });
    for (let i = 0; i < 2; i++) small.write(i * PER_TABLE, CLUSTER, 0xbb);
    small.storage.fault = failNth(index, "EIO", ({ kind }) => kind !== "read");
    assertThrows(() => small.run(emptyImage(small.image)), StorageError);
    assertThrows(() => small.write(0, 1), ImageError, "takes no more writes");
    small.reopen();
    assertEquals([small.byteAt(0), small.byteAt(PER_TABLE)], [0xbb, 0xbb]);
    assertEquals(small.check().corruptions, 0);
  }
});

Deno.test("an image opened read-only is not emptied", () => {
  const small = new SmallImage();
  const readOnly = small.run(openImage());
  assertThrows(() => small.run(emptyImage(readOnly)), ImageError, "read-only");
});

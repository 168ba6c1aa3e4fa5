import { assertEquals } from "@std/assert";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { closeImage, settleImage } from "./close.ts";
import { createImage } from "./create.ts";
import { openImage } from "../open.ts";
import { repairImage } from "../check/repair.ts";
import { writeImage } from "../io/write.ts";

/** A file with an image that was written and not closed. */
function dirtyFile(): MemoryStorage {
  const file = new MemoryStorage();
  runSync(createImage({ imageBytes: 2 ** 20, clusterBytes: 4096, tableClusters: 1 }), [file]);
  const image = runSync(openImage({ writable: true }), [file]);
  runSync(writeImage(image, 0, new Uint8Array([1])), [file]);
  return file;
}

function isDirty(file: MemoryStorage): boolean {
  return runSync(openImage(), [file]).needsCheck;
}

for (const [name, finish] of Object.entries({ closing: closeImage, settling: settleImage })) {
  Deno.test(`${name} an image makes it clean`, () => {
    const file = dirtyFile();
    const image = runSync(openImage({ writable: true }), [file]);
    runSync(writeImage(image, 8192, new Uint8Array([1])), [file]);
    assertEquals(isDirty(file), true);
    runSync(finish(image), [file]);
    assertEquals(isDirty(file), false);
  });

  Deno.test(`${name} an image that was dirty and never repaired leaves it dirty`, () => {
    const file = dirtyFile();
    const image = runSync(openImage({ writable: true, skipRepair: true }), [file]);
    runSync(finish(image), [file]);
    assertEquals(isDirty(file), true);
    runSync(repairImage(image, { corruptions: true, leaks: false }), [file]);
    runSync(writeImage(image, 8192, new Uint8Array([1])), [file]);
    runSync(finish(image), [file]);
    assertEquals(isDirty(file), false);
  });
}

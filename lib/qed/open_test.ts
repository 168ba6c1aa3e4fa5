import { assertEquals } from "@std/assert";
import { ImageBuilder, smallImage } from "./format/image_builder.ts";
import { RecordingStorage } from "../../test_support/recording.ts";
import { readOnly } from "../../test_support/read_only.ts";
import { MemoryStorage } from "../storage/memory_storage.ts";
import { runSync } from "../storage/run_sync.ts";
import { closeImage } from "./image/close.ts";
import type { QedImage } from "./image/image.ts";
import { openImage, type OpenOptions } from "./open.ts";
import { writeImage } from "./io/write.ts";

function open(builder: ImageBuilder, options: OpenOptions = {}): QedImage {
  return runSync(openImage(options), [readOnly(builder.file)]);
}

Deno.test("opening reports the fields of the header", () => {
  const { builder } = smallImage({ compat_features: 7n, autoclear_features: 9n });
  builder.setBackingName("base.raw").setHeader({ features: 7n });
  const image = open(builder);
  assertEquals(image.header, {
    layout: "final",
    geometry: {
      clusterBytes: 4096,
      clusterBits: 12,
      tableClusters: 2,
      tableBytes: 8192,
      tableEntries: 1024,
    },
    headerClusters: 1,
    features: 7n,
    compatFeatures: 7n,
    autoclearFeatures: 9n,
    l1TableOffsetBytes: 4096,
    imageBytes: 1n << 20n,
    backingName: { offsetBytes: 64, sizeBytes: 8 },
  });
  assertEquals(
    [image.backingName, image.backingIsRaw, image.needsCheck, image.headerBytes],
    ["base.raw", true, true, 4096],
  );
});

Deno.test("a backing file is raw only where the header says so", () => {
  const { builder } = smallImage();
  builder.setBackingName("base.qed").setHeader({ features: 1n });
  assertEquals(open(builder).backingIsRaw, false);
});

function openForWriting(builder: ImageBuilder, options: OpenOptions = {}): {
  image: QedImage;
  file: MemoryStorage;
} {
  const file = new MemoryStorage(builder.toBytes());
  return { image: runSync(openImage({ ...options, writable: true }), [file]), file };
}

Deno.test("opening for writing clears unknown autoclear bits, and keeps compatible ones", () => {
  const { builder } = smallImage({ compat_features: 0xff00n, autoclear_features: 1n << 63n });
  const before = builder.toBytes();
  const { image, file } = openForWriting(builder);
  assertEquals(image.header.autoclearFeatures, 0n);
  assertEquals(image.header.compatFeatures, 0xff00n);
  builder.setHeader({ autoclear_features: 0n });
  assertEquals(file.toBytes(), builder.toBytes(), "nothing but the bits has changed");

  const reader = new MemoryStorage(before);
  assertEquals(runSync(openImage(), [reader]).header.autoclearFeatures, 1n << 63n);
  assertEquals(reader.toBytes(), before, "opened to read, the image stays as it is");
});

Deno.test("autoclear bits are durably cleared before anything else is written", () => {
  const opening = (features: bigint) => {
    const { builder } = smallImage({ autoclear_features: 4n, features });
    const storage = new RecordingStorage(builder.toBytes());
    storage.run(openImage({ writable: true }));
    return storage.recorded.map((request) =>
      request.kind === "write" ? `autoclear ${request.bytes[32]}` : request.kind
    );
  };
  assertEquals(opening(0n), ["autoclear 0", "flush"]);
  assertEquals(opening(2n).slice(0, 2), ["autoclear 0", "flush"]);
});

Deno.test("a clean image is opened for writing without a write", () => {
  const { builder } = smallImage();
  const { file } = openForWriting(builder);
  assertEquals(file.toBytes(), builder.toBytes());
});

Deno.test("the rest of the header's sector survives every header write", () => {
  const { builder } = smallImage();
  builder.file.write(64, new TextEncoder().encode("somebody else's bytes"));
  const { image, file } = openForWriting(builder);
  runSync(writeImage(image, 500000, new Uint8Array([1])), [file]);
  runSync(closeImage(image), [file]);
  assertEquals(file.toBytes().subarray(0, 512), builder.toBytes().subarray(0, 512));
});

Deno.test("an image with NEED_CHECK is repaired when opened for writing, unless that is disabled", () => {
  const damaged = () => {
    const { builder, l2Bytes } = smallImage({ features: 2n });
    builder.setEntry(l2Bytes, 7, 1 << 30);
    return builder;
  };
  assertEquals(openForWriting(damaged()).image.needsCheck, false);
  const { image, file } = openForWriting(damaged(), { skipRepair: true });
  assertEquals(image.needsCheck, true);
  assertEquals(file.toBytes(), damaged().toBytes());
});

import { assertEquals } from "@std/assert";
import { ImageBuilder, smallImage } from "../format/image_builder.ts";
import { failNth, labelled, RecordingStorage } from "../../../test_support/recording.ts";
import { readOnly } from "../../../test_support/read_only.ts";
import { runSync, type SyncStorage } from "../../storage/run_sync.ts";
import { checkImage, type ProgressListener } from "./check.ts";
import type { CheckResult } from "./check_result.ts";
import { openImage } from "../open.ts";

function check(builder: ImageBuilder, progress?: ProgressListener): CheckResult {
  const files = [readOnly(builder.file)];
  return runSync(checkImage(runSync(openImage(), files), progress), files);
}

const CLEAN = {
  checkErrors: 0,
  corruptions: 0,
  leaks: 0,
  corruptionsFixed: 0,
  leaksFixed: 0,
  totalClusters: 256,
  allocatedClusters: 3,
  fragmentedClusters: 0,
  imageEndBytes: 8 * 4096,
  problems: [],
};

Deno.test("a consistent image has no problems, dirty or not", () => {
  assertEquals(check(smallImage().builder), CLEAN);
  assertEquals(check(smallImage({ features: 2n }).builder), CLEAN);
});

Deno.test("each problem is listed: its kind, the entry, the offset and the value", () => {
  const { builder, l2Bytes, dataBytes } = smallImage();
  builder.setEntry(builder.l1Bytes, 3, 513).setEntry(builder.l1Bytes, 4, l2Bytes);
  builder.setEntry(l2Bytes, 7, 1n << 63n).setEntry(l2Bytes, 9, dataBytes[1]);
  const result = check(builder);
  assertEquals(result.problems, [
    {
      kind: "invalid",
      entry: "l2_table[0][7]",
      entryOffsetBytes: l2Bytes + 56,
      value: 1n << 63n,
    },
    {
      kind: "shared",
      entry: "l2_table[0][9]",
      entryOffsetBytes: l2Bytes + 72,
      value: BigInt(dataBytes[1]),
    },
    { kind: "invalid", entry: "l1_table[3]", entryOffsetBytes: 4096 + 24, value: 513n },
    ...Array(2).fill({
      kind: "shared",
      entry: "l1_table[4]",
      entryOffsetBytes: 4096 + 32,
      value: BigInt(l2Bytes),
    }),
  ]);
  assertEquals(result.corruptions, 5);
});

Deno.test("the counts continue after the list of problems ends", () => {
  const { builder, l2Bytes } = smallImage();
  for (let index = 3; index < 1024; index++) builder.setEntry(l2Bytes, index, 3);
  const result = check(builder);
  assertEquals([result.corruptions, result.problems.length], [1021, 100]);
});

Deno.test("unreferenced clusters are leaks, at the end or in between", () => {
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 1, 0);
  builder.addClusters(4);
  const { leaks, corruptions, imageEndBytes } = check(builder);
  assertEquals([leaks, corruptions, imageEndBytes], [5, 0, 8 * 4096]);
});

Deno.test("offsets of any size are distinguished: clusters beyond 2^26 and 2^31 of a sparse file", () => {
  const { builder, l2Bytes } = smallImage();
  builder.file.resize(2 ** 45);
  const far = [2 ** 38, 2 ** 38 + 4096, 2 ** 43, 2 ** 43 + 4096, 2 ** 45 - 4096];
  far.forEach((offset, i) => builder.setEntry(l2Bytes, 10 + i, offset));
  const clean = check(builder);
  assertEquals([clean.corruptions, clean.allocatedClusters], [0, 8]);
  assertEquals(clean.leaks, 2 ** 33 - 13);
  assertEquals([clean.fragmentedClusters, clean.imageEndBytes], [3, 2 ** 45]);
  far.forEach((offset, i) => builder.setEntry(l2Bytes, 20 + i, offset));
  builder.setEntry(l2Bytes, 30, 2 ** 45);
  assertEquals(check(builder).corruptions, 6);
});

Deno.test("an L2 table that cannot be read is a check error, and hides what leaks", () => {
  const { builder } = smallImage();
  const second = builder.addL2Table(1);
  builder.addData(second, 0);
  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage());
  storage.fault = failNth(0, "EIO", labelled("read", "l2-table"));
  const result = storage.run(checkImage(image));
  assertEquals([result.checkErrors, result.corruptions, result.leaks], [1, 0, 0]);
  assertEquals(result.problems.map(({ kind, entry }) => [kind, entry]), [
    ["unreadable", "l1_table[0]"],
  ]);
  assertEquals(result.allocatedClusters, 1);
});

Deno.test("a check writes nothing, even to a writable image", () => {
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 7, 3);
  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage({ writable: true }));
  assertEquals(storage.run(checkImage(image)).corruptions, 1);
  assertEquals(storage.recorded, []);
});

Deno.test("progress is reported in steps of the L1 table", () => {
  const { builder } = smallImage();
  builder.addL2Table(5);
  const steps: number[][] = [];
  check(builder, (done, total) => steps.push([done, total]));
  assertEquals(steps, [[1, 1024], [6, 1024]]);
});

Deno.test("clusters beyond the end of the guest's disk may be mapped", () => {
  const { builder } = smallImage({ image_size: 512n });
  const { corruptions, totalClusters, allocatedClusters } = check(builder);
  assertEquals([corruptions, totalClusters, allocatedClusters], [0, 1, 3]);
  assertEquals(check(smallImage({ image_size: 0n }).builder).totalClusters, 0);
});

Deno.test("each table is announced a few tables before it is read, invalid ones are not", () => {
  const builder = new ImageBuilder({ image_size: 64n << 20n });
  const tables = Array.from({ length: 8 }, (_, i) => builder.addL2Table(i));
  builder.setEntry(4096, 9, 4097);
  const events: string[] = [];
  const storage = readOnly(builder.file);
  const spy: SyncStorage = {
    perform(request) {
      if (request.kind === "read" && request.label === "l2-table") {
        events.push(`read ${request.offsetBytes}`);
      }
      return storage.perform(request);
    },
  };
  const image = runSync(openImage(), [spy]);
  const prefetch = (offsetBytes: number, lengthBytes: number) => {
    assertEquals(lengthBytes, image.geometry.tableBytes);
    events.push(`announce ${offsetBytes}`);
  };
  const { corruptions } = runSync(checkImage(image, undefined, prefetch), [spy]);
  assertEquals(corruptions, 1);
  const [announce, read] = ["announce", "read"].map((what) => {
    return tables.map((offsetBytes) => `${what} ${offsetBytes}`);
  });
  assertEquals(events, [
    ...announce.slice(0, 5),
    read[0],
    announce[5],
    read[1],
    announce[6],
    read[2],
    announce[7],
    ...read.slice(3),
  ]);
});

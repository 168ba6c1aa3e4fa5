/**
 * Where `qemu-img check` and this library differ, and who is right; the smallest images that show
 * it. See docs/differences-from-qemu.md. When a test here fails QEMU has changed: update the document.
 */
import { assertEquals } from "@std/assert";
import {
  checkImage,
  closeImage,
  FileStorage,
  FormatError,
  openImage,
  type QedImage,
  readImage,
  runSync,
} from "../../../lib/mod.ts";
import { checkHere, checkWithQemu } from "./check_terms_testing.ts";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { qemuDirTest, runTool, runToolOk } from "../../../test_support/qemu.ts";
import { describeRecorded, recordQemuImg } from "./write_log_testing.ts";

/** A clean image with `data` allocated clusters and nothing else. */
function fullImage(data: number): ImageBuilder {
  const builder = new ImageBuilder({ image_size: 1n << 32n });
  const perTable = 1024;
  for (let left = data, l1Index = 0; left > 0; left -= perTable, l1Index++) {
    const l2Bytes = builder.addL2Table(l1Index);
    for (let i = 0; i < Math.min(left, perTable); i++) builder.addData(l2Bytes, i, 0);
  }
  return builder;
}

qemuDirTest(
  "qemu-img check reports a leak for every cluster_size - 1 clusters of a clean file",
  async (dir) => {
    const path = `${dir}/image.qed`;
    const leaks = async (data: number) => {
      const builder = fullImage(data);
      builder.save(path);
      const [ours, theirs] = [await checkHere(path), await checkWithQemu(path)];
      assertEquals([ours.code, ours.counts.leaks], [0, undefined]);
      return [builder.file.sizeBytes / 4096, theirs.code, theirs.counts.leaks];
    };
    // A header, an L1 table and four L2 tables of two clusters each are there as well.
    assertEquals(await leaks(4094 - 11), [4094, 0, undefined]);
    assertEquals(await leaks(4095 - 11), [4095, 3, 1]);
  },
);

qemuDirTest("qemu-img check takes a cluster for whole that lacks up to 511 bytes", async (dir) => {
  const path = `${dir}/image.qed`;
  const corruptions = async (missingBytes: number) => {
    const { builder } = smallImage();
    builder.file.resize(builder.file.sizeBytes - missingBytes);
    builder.save(path);
    const [ours, theirs] = [await checkHere(path), await checkWithQemu(path)];
    return [ours.counts.corruptions ?? 0, theirs.counts.corruptions ?? 0];
  };
  assertEquals(await corruptions(0), [0, 0]);
  assertEquals(await corruptions(1), [1, 0]);
  assertEquals(await corruptions(511), [1, 0]);
  assertEquals(await corruptions(512), [1, 1]);
});

qemuDirTest("qemu-img cannot open its own images with table_size=1", async (dir) => {
  const path = `${dir}/image.qed`;
  await runToolOk("qemu-img", [
    ...["create", "-q", "-f", "qed", "-o", "cluster_size=4096,table_size=1"],
    ...[path, "1M"],
  ]);
  const { code, stderr } = await runTool("qemu-img", ["check", path]);
  assertEquals([code, stderr.includes("QED table offset is invalid")], [1, true]);
  const ours = await checkHere(path);
  assertEquals([ours.code, ours.counts], [0, { "check-errors": 0, "total-clusters": 256 }]);
});

/** Opens for writing, which repairs, closes, and answers what there is to see afterwards. */
function openAndClose(path: string): { image: QedImage; corruptions: number } {
  using file = FileStorage.open(path, "read-write");
  const image = runSync(openImage({ writable: true }), [file]);
  runSync(closeImage(image), [file]);
  return { image, corruptions: runSync(checkImage(image), [file]).corruptions };
}

const needCheckOf = (path: string) => Deno.readFileSync(path)[16] & 2;

qemuDirTest("QEMU clears NEED_CHECK although clusters are still referenced twice", async (dir) => {
  const path = `${dir}/image.qed`;
  const { builder, l2Bytes, dataBytes } = smallImage({ features: 2n });
  builder.setEntry(l2Bytes, 9, dataBytes[0]);
  builder.save(path);
  await runToolOk("qemu-io", ["-f", "qed", "-c", "read 0 512", path]);
  assertEquals(needCheckOf(path), 0);
  assertEquals((await checkWithQemu(path)).counts.corruptions, 1);

  builder.save(path);
  assertEquals(openAndClose(path).corruptions, 0);
  assertEquals(needCheckOf(path), 0);
  assertEquals((await checkWithQemu(path)).counts.corruptions, undefined);
});

qemuDirTest("qemu-img check -r leaves clusters that are referenced twice", async (dir) => {
  const path = `${dir}/image.qed`;
  const { builder, l2Bytes, dataBytes } = smallImage();
  builder.setEntry(l2Bytes, 9, dataBytes[0]);
  builder.save(path);
  const repair = ["check", "-f", "qed", "-r", "all", "--output=json", path];
  const { code, stdout } = await runTool("qemu-img", repair);
  const { corruptions, "corruptions-fixed": fixed } = JSON.parse(stdout);
  assertEquals([code, corruptions, fixed], [2, 1, undefined]);
});

qemuDirTest("qemu-img check -r clears NEED_CHECK before it repairs", async (dir) => {
  const { builder, l2Bytes } = smallImage({ features: 2n });
  builder.setEntry(l2Bytes, 9, 1 << 30);
  builder.save(`${dir}/image.qed`);
  const lines = describeRecorded(await recordQemuImg(dir, ["check", "-q", "-r", "all"]));
  const places = lines.map((line) => line.split(":")[0]);
  assertEquals(places, ["write 0+512", "flush", `write ${l2Bytes}+8192`, "flush"]);
});

qemuDirTest(
  "QEMU reads and writes past the end of the file behind a valid cluster",
  async (dir) => {
    const path = `${dir}/image.qed`;
    const { builder, l2Bytes, dataBytes } = smallImage();
    const endBytes = dataBytes[2] + 4096;
    builder.setEntry(l2Bytes, 3, endBytes);
    builder.save(path);
    // On its own the entry is refused; behind the one before it, it is followed.
    const read = (range: string) => ["-f", "qed", "-r", "-c", `read ${range}`, path];
    assertEquals((await runTool("qemu-io", read("12k 4k"))).code, 1);
    assertEquals((await runTool("qemu-io", read("8k 8k"))).code, 0);
    assertEquals(readErrorHere(path, 8192, 8192), `l2_table[0][3]`);
    assertEquals(readErrorHere(path, 8192, 4096), undefined);

    await runToolOk("qemu-io", ["-f", "qed", "-c", "write -P 5 8k 8k", path]);
    assertEquals(Deno.statSync(path).size, endBytes + 4096);
  },
);

/** The field that is invalid on the way to a range, if one is. */
function readErrorHere(path: string, offset: number, length: number): string | undefined {
  using file = FileStorage.open(path, "read-only");
  try {
    const image = runSync(openImage(), [file]);
    runSync(readImage(image, offset, new Uint8Array(length)), [file]);
    return undefined;
  } catch (error) {
    if (error instanceof FormatError) return error.field;
    throw error;
  }
}

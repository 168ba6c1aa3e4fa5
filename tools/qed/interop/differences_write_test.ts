/**
 * Where QEMU's writing and this library's differ, and what it costs; the smallest images that show
 * it. See docs/differences-from-qemu.md. When a test here fails QEMU has changed: update the document.
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  closeImage,
  createImage,
  FileStorage,
  ImageError,
  MemoryStorage,
  openImage,
  type OrderingProfile,
  QEMU,
  readImage,
  resizeImage,
  runSync,
  STRICT,
  writeImage,
} from "../../../lib/mod.ts";
import { checkWithQemu } from "./check_terms_testing.ts";
import { smallImage } from "../../../lib/qed/format/image_builder.ts";
import { qemuDirTest, runTool, runToolOk } from "../../../test_support/qemu.ts";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { runQed } from "../run_testing.ts";
import { describeRecorded, recordQemu } from "./write_log_testing.ts";

/** The guest's byte at `offset`, as qemu-io prints it. */
async function readByte(path: string, format: string, offset: number): Promise<string> {
  const out = await runToolOk("qemu-io", ["-r", "-f", format, "-c", `read -v ${offset} 1`, path]);
  return out.split(/\s+/)[1];
}

qemuDirTest(
  "QEMU fills a zero cluster up from the backing file; its qcow2 does not",
  async (dir) => {
    Deno.writeFileSync(`${dir}/base.raw`, new Uint8Array(65536).fill(0xbb));
    for (const [format, expected] of [["qed", "bb"], ["qcow2", "00"]]) {
      const path = `${dir}/image.${format}`;
      const options = format === "qed" ? "cluster_size=4096,table_size=2" : "cluster_size=4096";
      await runToolOk("qemu-img", [
        ...["create", "-q", "-f", format, "-o", options],
        ...["-b", "base.raw", "-F", "raw", path],
      ]);
      const io = ["-f", format, "-c", "write -z 0 4k", path];
      await runToolOk("qemu-io", io);
      assertEquals(await readByte(path, format, 0), "00", "the cluster reads as zeroes");
      await runToolOk("qemu-io", ["-f", format, "-c", "write -P 1 1k 512", path]);
      assertEquals(await readByte(path, format, 0), expected, format);
    }
    assertEquals(partialWriteHere(STRICT), [0, 1]);
    assertEquals(partialWriteHere(QEMU), [0xbb, 1], "the profile has QEMU's bugs");
  },
);

/** Bytes 0 and 1 of a zero cluster over a backing file of 0xbb, after byte 1 was written. */
function partialWriteHere(profile: OrderingProfile): number[] {
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 0, 1).setBackingName("base").setHeader({ features: 5n });
  const files = [
    new MemoryStorage(builder.toBytes()),
    new MemoryStorage(new Uint8Array(4096).fill(0xbb)),
  ];
  const image = runSync(openImage({ writable: true, profile }), files);
  image.backing = { kind: "raw", file: 1, sizeBytes: 4096 };
  runSync(writeImage(image, 1, new Uint8Array([1])), files);
  const into = new Uint8Array(2);
  runSync(readImage(image, 0, into), files);
  return [...into];
}

qemuDirTest("QEMU does not flush NEED_CHECK before what it protects", async (dir) => {
  const { builder } = smallImage();
  builder.save(`${dir}/image.qed`);
  const write = "write -P 7 40k 4k";
  const theirs = describeRecorded(await recordQemu(dir, [write])).map((line) => line.split(":")[0]);
  // NEED_CHECK, data and the L2 entry are one epoch: any of them may be lost alone.
  assertEquals(theirs.slice(0, 4), [
    "write 0+512",
    "write 32768+4096",
    "write 12288+512",
    "flush",
  ]);

  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage({ writable: true }));
  storage.run(writeImage(image, 40960, new Uint8Array(4096).fill(7)));
  assertEquals(storage.labels, ["header", "flush", "data", "l2-table"]);
});

qemuDirTest(
  "what a crash may leave of QEMU's order shows a guest another address' data",
  async (dir) => {
    const path = `${dir}/image.qed`;
    // The write of the test before, of which only the L2 sector reached the disk.
    const { builder, l2Bytes } = smallImage();
    builder.setEntry(l2Bytes, 10, builder.file.sizeBytes);
    builder.save(path);
    await runToolOk("qemu-io", ["-f", "qed", "-c", "write -P 9 80k 4k", path]);
    assertEquals(await readByte(path, "qed", 40960), "09");
    const { counts } = await checkWithQemu(path);
    assertEquals(counts.corruptions, 1, "two guest addresses share a cluster");
  },
);

qemuDirTest("qemu-img create writes a backing file name over the L1 table", async (dir) => {
  const path = `${dir}/image.qed`;
  const name = "n".repeat(4033);
  await runToolOk("qemu-img", [
    ...["create", "-q", "-u", "-f", "qed", "-o", "cluster_size=4096,table_size=2"],
    ...["-b", name, "-F", "raw", path, "1M"],
  ]);
  const { code, stderr } = await runTool("qemu-img", ["info", "-f", "qed", path]);
  assertEquals([code, stderr.includes("backing filename offset is invalid")], [1, true]);

  const file = new MemoryStorage();
  const backing = { name, isRaw: true };
  const options = { imageBytes: 2 ** 20, clusterBytes: 4096, tableClusters: 2, backing };
  assertThrows(() => runSync(createImage(options), [file]), ImageError, "1 to 1023 bytes");
  assertEquals(file.sizeBytes, 0);
});

qemuDirTest("QEMU takes an rfc image for a broken one of its own", async (dir) => {
  const path = `${dir}/image.qed`;
  {
    using file = FileStorage.open(path, "create");
    const sizes = { imageBytes: 2 ** 20, clusterBytes: 4096, tableClusters: 2 };
    runSync(createImage({ ...sizes, layout: "rfc" }), [file]);
    const image = runSync(openImage({ writable: true }), [file]);
    assertEquals(image.header.layout, "rfc");
    runSync(closeImage(image), [file]);
  }
  const { code, stderr } = await runTool("qemu-img", ["info", "-f", "qed", path]);
  assertEquals([code, stderr.includes("QED table offset is invalid")], [1, true]);
});

qemuDirTest("QEMU does not notice a loop in a backing chain", async (dir) => {
  for (const [name, backing] of [["a", "b"], ["b", "a"]]) {
    await runToolOk("qemu-img", [
      ...["create", "-q", "-u", "-f", "qed", "-b", `${backing}.qed`, "-F", "qed"],
      ...[`${dir}/${name}.qed`, "1M"],
    ]);
  }
  const check = ["check", "-f", "qed", `${dir}/a.qed`];
  const process = new Deno.Command("qemu-img", { args: check, stdout: "null" }).spawn();
  // It opens one image after the other until memory or descriptors run out.
  const timer = setTimeout(() => process.kill("SIGKILL"), 400);
  const { signal } = await process.status;
  clearTimeout(timer);
  assertEquals(signal, "SIGKILL");

  const { code, stderr } = await runQed(check);
  assertEquals([code, stderr.includes("The backing chain has a loop")], [1, true]);
});

qemuDirTest("QEMU does not grow an image over a longer backing file", async (dir) => {
  Deno.writeFileSync(`${dir}/base.raw`, new Uint8Array(8192).fill(0xbb));
  const path = `${dir}/image.qed`;
  const create = ["create", "-q", "-f", "qed", "-b", "base.raw", "-F", "raw", path];
  const resize = async (from: number, to: number) => {
    await runToolOk("qemu-img", [...create, `${from}`]);
    return (await runTool("qemu-img", ["resize", "-q", path, `${to}`])).code;
  };
  assertEquals(await resize(4096, 8192), 1);
  assertEquals(await resize(8192, 65536), 0);
});

qemuDirTest("QEMU grows an image without a flush", async (dir) => {
  const path = `${dir}/image.qed`;
  const create = ["create", "-q", "-f", "qed", "-o", "cluster_size=4096,table_size=2", path, "64k"];
  await runToolOk("qemu-img", create);
  await runToolOk("qemu-io", ["-f", "qed", "-c", "write 0 4k", path]);
  const grown = await recordQemu(dir, ["truncate 128k", "write -P 2 0 4k"]);
  const kinds = grown.map((each) => each.kind === "write" ? each.offsetBytes : each.kind);
  assertEquals(kinds, [0, 3 * 4096, "flush"], "the header, the guest's data, a flush at the end");

  const storage = new RecordingStorage(Deno.readFileSync(path));
  const image = storage.run(openImage({ writable: true }));
  storage.run(resizeImage(image, 256 * 1024));
  assertEquals(storage.takeLabels(), ["flush", "flush", "header", "flush"]);
});

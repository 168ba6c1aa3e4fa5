import { assertEquals, assertStringIncludes } from "@std/assert";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { qemuTest, runToolOk } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

/** A chain with everything in it: data, zero clusters, holes, ends within clusters and sectors. */
function makeChain(dir: string): string[] {
  using base = Deno.openSync(`${dir}/base.raw`, { write: true, create: true });
  base.writeSync(new Uint8Array(3 << 12).fill(1));
  base.seekSync(1 << 17, Deno.SeekMode.Start);
  base.writeSync(new Uint8Array(1 << 16).fill(2));
  base.truncateSync(300_100);

  const middle = new ImageBuilder({ image_size: 1n << 19n });
  middle.setBackingName("base.raw").setHeader({ features: 5n });
  const middleL2 = middle.addL2Table(0);
  for (const index of [1, 2, 40, 100]) middle.addData(middleL2, index);
  middle.setEntry(middleL2, 41, 1).save(`${dir}/middle.qed`);

  const top = new ImageBuilder({ image_size: 9n << 20n, table_size: 4 });
  top.setBackingName("middle.qed").setHeader({ features: 1n });
  const topL2 = top.addL2Table(0);
  for (const index of [3, 4, 5, 2047]) top.addData(topL2, index);
  // The last cluster of one table and the first of the next one are adjacent in the file.
  const next = top.addClusters(1, 7);
  top.setEntry(top.addL2Table(1), 0, next);
  for (const index of [10, 11, 60]) top.setEntry(topL2, index, 1);
  top.save(`${dir}/top.qed`);
  return ["base.raw", "middle.qed", "top.qed"].map((name) => `${dir}/${name}`);
}

qemuTest(
  "map prints what qemu-img prints, for people and as JSON, whole and in part",
  () =>
    inTempDir(async (dir) => {
      for (const path of makeChain(dir)) {
        for (
          const args of [
            [],
            ["--output=json"],
            ["--output=json", "--start-offset=5000", "--max-length=170000"],
            ["--output=json", "--start-offset=131072", "--max-length=4k"],
            ["--output=json", "--start-offset=1G"],
          ]
        ) {
          const command = ["map", ...args, path];
          assertEquals(await runQedOk(...command), await runToolOk("qemu-img", command));
        }
      }
    }),
);

Deno.test("a disk of no bytes has one entry of no length", () =>
  inTempDir(async (dir) => {
    new ImageBuilder({ image_size: 0n }).save(`${dir}/a.qed`);
    assertEquals(
      await runQedOk("map", "--output=json", `${dir}/a.qed`),
      '[{ "start": 0, "length": 0, "depth": 0, "present": false, "zero": false, "data": false}]\n',
    );
  }));

Deno.test("an exabyte with nothing in it is mapped at once", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    await runQedOk("create", "-q", "-o", "cluster_size=1M,table_size=16", path, "1E");
    assertStringIncludes(
      await runQedOk("map", "--output=json", path),
      '"start": 0, "length": 1152921504606846976, ',
    );
  }));

Deno.test("a wrong entry ends the list, after what is good", () =>
  inTempDir(async (dir) => {
    const { builder, l2Bytes, dataBytes } = smallImage();
    builder.setEntry(l2Bytes, 5, 513).save(`${dir}/a.qed`);
    const { code, stdout, stderr } = await runQed(["map", `${dir}/a.qed`]);
    assertEquals(code, 1);
    assertStringIncludes(stdout, `0               0x3000          0x${dataBytes[0].toString(16)}`);
    assertStringIncludes(stderr, `l2_table[0][5] at offset ${l2Bytes + 40} is 513: must be`);
  }));

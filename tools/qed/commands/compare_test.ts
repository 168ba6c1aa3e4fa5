import { assertEquals, assertStringIncludes } from "@std/assert";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { qemuTest, runTool } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed } from "../run_testing.ts";

/** Images that are equal and different in every way that counts. */
function makeImages(dir: string): string[] {
  const { builder, l2Bytes } = smallImage();
  builder.save(`${dir}/small.qed`);
  builder.setEntry(l2Bytes, 3, 1).save(`${dir}/zero.qed`);
  const larger = smallImage({ image_size: 2n << 20n });
  larger.builder.save(`${dir}/larger.qed`);
  larger.builder.addData(larger.builder.addL2Table(0), 400, 5);
  const tail = smallImage({ image_size: 4n << 20n, table_size: 4 });
  tail.builder.addData(tail.l2Bytes, 900, 5);
  tail.builder.save(`${dir}/tail.qed`);
  const bytes = new Uint8Array(1 << 20);
  for (let i = 0; i < 3; i++) bytes.fill(0xa0 + i, i * 4096, (i + 1) * 4096);
  Deno.writeFileSync(`${dir}/same.raw`, bytes);
  bytes[5000] = 0;
  Deno.writeFileSync(`${dir}/other.raw`, bytes);
  const overlay = new ImageBuilder().setBackingName("same.raw").setHeader({ features: 5n });
  overlay.save(`${dir}/overlay.qed`);
  return ["small.qed", "zero.qed", "larger.qed", "tail.qed", "same.raw", "other.raw", "overlay.qed"]
    .map((name) => `${dir}/${name}`);
}

const format = (path: string) => path.endsWith("raw") ? "raw" : "qed";
const isRawData = (path: string) => format(path) === "raw" || path.endsWith("overlay.qed");

qemuTest(
  "compare says what qemu-img says of any two images, with its exit codes",
  () =>
    inTempDir(async (dir) => {
      const paths = makeImages(dir);
      const codes = new Set<number>();
      for (const first of paths) {
        for (const second of paths) {
          if (first > second) continue;
          for (const options of [[], ["-s"], ["-q"]]) {
            // For QEMU data in a raw file never is what data in a QED image is.
            if (options[0] === "-s" && isRawData(first) !== isRawData(second)) continue;
            const formats = ["-f", format(first), "-F", format(second)];
            const command = ["compare", ...options, ...formats, first, second];
            const theirs = await runTool("qemu-img", command);
            const { code, stdout } = await runQed(command);
            assertEquals([code, stdout], [theirs.code, theirs.stdout], command.join(" "));
            codes.add(code);
          }
        }
      }
      assertEquals([...codes].sort(), [0, 1]);
    }),
);

qemuTest(
  "images that cannot be compared have the exit codes of qemu-img",
  () =>
    inTempDir(async (dir) => {
      const { builder, l2Bytes } = smallImage();
      builder.save(`${dir}/good.qed`);
      builder.setEntry(l2Bytes, 1, 513).save(`${dir}/bad.qed`);
      Deno.writeFileSync(`${dir}/a.raw`, new Uint8Array(1 << 20));
      for (
        const [first, second] of [
          ["good.qed", "none.qed"],
          ["none.qed", "good.qed"],
          ["bad.qed", "good.qed"],
          ["good.qed", "bad.qed"],
        ]
      ) {
        const command = ["compare", `${dir}/${first}`, `${dir}/${second}`];
        const theirs = await runTool("qemu-img", command);
        const { code, stdout, stderr } = await runQed(command);
        assertEquals([code, stdout], [theirs.code, theirs.stdout]);
        assertStringIncludes(stderr, code === 2 ? "No such file" : `l2_table[0][1] at offset`);
      }
      const wrongFormat = await runQed(["compare", "-f", "qed", `${dir}/a.raw`, `${dir}/good.qed`]);
      assertEquals(wrongFormat.code, 2);
      assertStringIncludes(wrongFormat.stderr, "magic at offset 0 is 0");
    }),
);

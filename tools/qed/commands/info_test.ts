import { assertEquals, assertStringIncludes } from "@std/assert";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { qemuTest, runToolOk } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

/** base.raw, and two overlays over it, in a folder of their own. */
function makeChain(dir: string): string {
  Deno.mkdirSync(`${dir}/images`);
  Deno.writeFileSync(`${dir}/images/base.raw`, new Uint8Array(200_000).fill(1));
  const middle = new ImageBuilder({ image_size: 1n << 19n });
  middle.setBackingName("base.raw").setHeader({ features: 5n });
  middle.save(`${dir}/images/middle.qed`);
  const { builder } = smallImage();
  builder.setBackingName("middle.qed").setHeader({ features: 1n });
  builder.save(`${dir}/images/top.qed`);
  return `${dir}/images/top.qed`;
}

qemuTest("the JSON of info is that of qemu-img, byte for byte", () =>
  inTempDir(async (dir) => {
    const path = makeChain(dir);
    for (
      const args of [
        [path],
        ["--backing-chain", path],
        [`${dir}/images/base.raw`],
        ["-f", "raw", path],
        ["-U", `${dir}/images/middle.qed`],
      ]
    ) {
      const command = ["info", "--output=json", ...args];
      assertEquals(await runQedOk(...command), await runToolOk("qemu-img", command));
    }
  }));

qemuTest(
  "for people info prints the lines of qemu-img, and more about the format behind them",
  () =>
    inTempDir(async (dir) => {
      const path = makeChain(dir);
      for (const image of [path, `${dir}/images/middle.qed`, `${dir}/images/base.raw`]) {
        const theirs = await runToolOk("qemu-img", ["info", image]);
        const ours = await runQedOk("info", image);
        assertEquals(ours.slice(0, theirs.length), theirs);
      }
      assertStringIncludes(await runQedOk("info", path), "table_size: 2\nheader layout: final\n");
    }),
);

Deno.test("a missing backing file does not keep info from showing the image, a chain it does", () =>
  inTempDir(async (dir) => {
    const path = makeChain(dir);
    Deno.removeSync(`${dir}/images/base.raw`);
    assertStringIncludes(await runQedOk("info", path), `(actual path: ${dir}/images/middle.qed)`);
    const { code, stderr } = await runQed(["info", "--backing-chain", path]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "Could not open backing file 'base.raw': No such file");
  }));

Deno.test("an image that was not closed is shown as dirty, and not touched", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder } = smallImage({ features: 2n, autoclear_features: 1n });
    builder.save(path);
    assertStringIncludes(await runQedOk("info", path), "dirty: not closed cleanly");
    assertEquals(JSON.parse(await runQedOk("info", "--output=json", path))["dirty-flag"], true);
    assertEquals(Deno.readFileSync(path), builder.toBytes());
  }));

import { assertEquals, assertStringIncludes } from "@std/assert";
import { smallImage } from "../../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

async function sizeOf(path: string, format = "qed"): Promise<number> {
  return JSON.parse(await runQedOk("info", "-f", format, "--output=json", path))["virtual-size"];
}

Deno.test("a size is absolute, or with a sign relative", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    await runQedOk("create", "-q", path, "1M");
    assertEquals(await runQedOk("resize", path, "3M"), "Image resized.\n");
    assertEquals(await runQedOk("resize", "-q", path, "+1M"), "");
    assertEquals(await sizeOf(path), 4 << 20);
    await runQedOk("resize", "--shrink", path, "-1536k");
    assertEquals(await sizeOf(path), 2560 << 10);
    await runQedOk("resize", "--shrink", path, "0");
    assertEquals(await sizeOf(path), 0);
    await runQedOk("check", path);
  }));

Deno.test("a raw image is resized under its name", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.raw`;
    Deno.writeFileSync(path, new Uint8Array(5000).fill(1));
    await runQedOk("resize", "-f", "raw", path, "8k");
    assertEquals(Deno.readFileSync(path), new Uint8Array(8192).fill(1, 0, 5000));
    await runQedOk("resize", "-f", "raw", "--shrink", path, "-8000");
    assertEquals(Deno.readFileSync(path), new Uint8Array(192).fill(1));
  }));

Deno.test("what cannot be leaves the image as it is, dirty or not", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const raw = `${dir}/a.raw`;
    // The builder's disk of 1 MiB has data at its beginning; it is marked dirty.
    const { builder } = smallImage({ features: 2n });
    builder.save(path);
    Deno.writeFileSync(raw, new Uint8Array(512));
    const cases: [string[], number, string][] = [
      [[path, "512k"], 1, "use --shrink"],
      [["--shrink", path, "-2M"], 1, "has 1048576 bytes only"],
      [[path, "1M1"], 2, "not a size"],
      [[path, "--1"], 2, "unknown option"],
      [[raw, "1M"], 1, "-f raw"],
      [[`${dir}/none`, "1M"], 1, "No such file or directory"],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(["resize", ...args]);
      assertEquals(code, expected, args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(Deno.readFileSync(path), builder.toBytes(), args.join(" "));
    }
  }));

Deno.test("a size that the format cannot have is refused, and so is the loss of data", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    smallImage().builder.save(path);
    const cases: [string[], string][] = [
      // Tables of 1024 entries for clusters of 4 KiB.
      [["+4G"], "must be at most 4294967296"],
      [["+1"], "must be a multiple of 512"],
      [["--shrink", "4k"], "would be lost"],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await runQed(["resize", path, ...args]);
      assertEquals(code, 1, args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(await sizeOf(path), 1 << 20);
      await runQedOk("check", path);
    }
  }));

/** The commands that change how an image is stored, but not what its guest sees; and discard. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ImageBuilder } from "../../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

Deno.test("zeroes and discards take no space, and bring no backing file back", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    Deno.writeFileSync(`${dir}/base.raw`, new Uint8Array(1 << 20).fill(1));
    await runQedOk("snapshot", "-q", "-f", "raw", "-o", "cluster_size=4k", `${dir}/base.raw`, path);
    await runQedOk("write", path, "0", "-P", "2", "-l", "64k");
    await runQedOk("write", path, "500k", "-P", "2", "-l", "64k");
    const before = Deno.statSync(path).size;
    await runQedOk("write", "-z", path, "5000", "-l", "100k");
    await runQedOk("discard", path, "300k", "512k");
    const { stdoutBytes } = await runQed(["read", path, "0", "1M"]);
    const expected = new Uint8Array(1 << 20).fill(1).fill(2, 0, 65_536).fill(0, 5000, 107_400)
      .fill(0, 500 << 10, 564 << 10);
    assertEquals(stdoutBytes, expected);
    // What the image does not hold a discard leaves to the backing file. At most the two ends of the zeroes are clusters of their own.
    assert(Deno.statSync(path).size <= before + 8192);
    const { code } = await runQed(["check", path]);
    assert(code === 0 || code === 3);
  }));

Deno.test("zeroes are written to a raw image too", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.raw`;
    Deno.writeFileSync(path, new Uint8Array(8192).fill(3));
    await runQedOk("write", "-f", "raw", "-z", path, "100", "-l", "5000");
    assertEquals(Deno.readFileSync(path), new Uint8Array(8192).fill(3).fill(0, 100, 5100));
  }));

Deno.test("what cannot be zeroed or discarded is refused", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    await runQedOk("create", "-q", path, "1M");
    Deno.writeFileSync(`${dir}/a.raw`, new Uint8Array(512));
    const before = Deno.readFileSync(path);
    const cases: [string[], number, string][] = [
      [["write", "-z", path, "0"], 2, "--zero needs --length"],
      [
        ["write", "-z", path, "0", "-P", "1", "-l", "1"],
        2,
        "FILE, --pattern and --zero cannot be combined",
      ],
      [
        ["write", "-z", path, "0", "input", "-l", "1"],
        2,
        "FILE, --pattern and --zero cannot be combined",
      ],
      [["write", "-z", path, "1M", "-l", "1"], 1, "outside the image"],
      [["discard", path, "1M", "1"], 1, "outside the image"],
      [["discard", path, "x", "1"], 2, "OFFSET: 'x'"],
      [["discard", "-f", "raw", `${dir}/a.raw`, "0", "512"], 1, "is a raw image"],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(args);
      assertEquals(code, expected, args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(Deno.readFileSync(path), before);
    }
  }));

Deno.test("defragment puts clusters in order and cuts off what is unused", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const builder = new ImageBuilder();
    const l2Bytes = builder.addL2Table(0);
    builder.addClusters(3, 9);
    for (const index of [5, 4, 3, 2, 1, 0]) builder.addData(l2Bytes, index);
    builder.save(path);
    const { stdoutBytes } = await runQed(["read", path, "0", "1M"]);
    const json = JSON.parse(await runQedOk("defragment", "--output=json", path));
    assertEquals(json["fragmented-clusters"], 0);
    assertEquals(json["file-size"], json["file-size-before"] - 3 * 4096);
    assertEquals(Deno.statSync(path).size, json["file-size"]);
    assertEquals((await runQed(["read", path, "0", "1M"])).stdoutBytes, stdoutBytes);
    await runQedOk("check", path);
    assertStringIncludes(await runQedOk("defragment", path), "0 clusters moved");
  }));

Deno.test("defragment refuses a damaged image", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const builder = new ImageBuilder();
    builder.setEntry(builder.addL2Table(0), 0, 2 ** 40).save(path);
    const { code, stderr } = await runQed(["defragment", path]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "l2_table[0][0]");
    assertEquals(Deno.readFileSync(path), builder.toBytes());
  }));

Deno.test("upgrade turns the layout of 2010 into today's", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    await runQedOk("create", "-q", "--layout", "rfc", path, "1M");
    await runQedOk("write", path, "5000", "-P", "6", "-l", "100");
    assertStringIncludes(await runQedOk("info", path), "header layout: rfc");
    assertEquals(await runQedOk("upgrade", path), "Image upgraded to the final layout.\n");
    assertStringIncludes(await runQedOk("info", path), "header layout: final");
    const { stdoutBytes } = await runQed(["read", path, "4999", "102"]);
    assertEquals(stdoutBytes, new Uint8Array(102).fill(6, 1, 101));
    assertStringIncludes(await runQedOk("upgrade", path), "already");
    await runQedOk("check", path);
  }));

Deno.test("info shows unknown feature bits", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    new ImageBuilder({ compat_features: 0x30n, autoclear_features: 0x8000n }).save(path);
    const said = await runQedOk("info", path);
    assertStringIncludes(said, "unknown compatible features: 0x30\n");
    assertStringIncludes(said, "unknown autoclear features: 0x8000 ");
    await runQedOk("write", path, "0", "-P", "1", "-l", "1");
    const after = await runQedOk("info", path);
    assertStringIncludes(after, "unknown compatible features: 0x30\n");
    assert(!after.includes("autoclear"));
  }));

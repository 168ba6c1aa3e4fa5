import { assertEquals, assertStringIncludes } from "@std/assert";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

const NEED_CHECK = 2n;

Deno.test("what is written from a file, from standard input or as a pattern is read back", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7 + (i >> 9));
    Deno.writeFileSync(`${dir}/input`, bytes);
    await runQedOk("create", "-q", path, "16M");
    await runQedOk("write", path, "1000", `${dir}/input`);
    await runQedOk("write", path, "1M", `${dir}/input`, "--length", "10");
    assertEquals((await runQed(["write", path, "2M"], { stdin: bytes })).code, 0);
    assertEquals(
      (await runQed(["write", path, "3M", "-"], { stdin: bytes.subarray(0, 5) })).code,
      0,
    );
    const cut = await runQed(["write", path, "4M", "-", "-l", "1500"], { stdin: bytes });
    assertEquals([cut.code, cut.stderr], [0, ""]);
    await runQedOk("write", path, "5M", "--pattern", "0xa5", "--length", "3M");

    const read = async (offset: string, length: number) =>
      (await runQed(["read", path, offset, `${length}`])).stdoutBytes;
    assertEquals(await read("1000", bytes.length), bytes);
    assertEquals(await read("1M", 12), new Uint8Array([...bytes.subarray(0, 10), 0, 0]));
    assertEquals(await read("2M", bytes.length), bytes);
    assertEquals(await read("3M", 6), new Uint8Array([...bytes.subarray(0, 5), 0]));
    assertEquals((await read("4M", 1501))[1500], 0);
    assertEquals(await read("5M", 3 << 20), new Uint8Array(3 << 20).fill(0xa5));
    assertEquals(await read("0", 0), new Uint8Array(0));
    await runQedOk("check", path);
    assertEquals(JSON.parse(await runQedOk("info", "--output=json", path))["dirty-flag"], false);
  }));

Deno.test("read stores in a file, or prints hexadecimal: on a terminal or when asked to", () =>
  inTempDir(async (dir) => {
    smallImage().builder.save(`${dir}/a.qed`);
    await runQedOk("read", `${dir}/a.qed`, "4k", "10", "-o", `${dir}/out`);
    assertEquals(Deno.readFileSync(`${dir}/out`), new Uint8Array(10).fill(0xa1));
    const hex = "00000ffe  a0 a0 a1 a1                                       |....|\n00001002\n";
    assertEquals(await runQedOk("read", "--hex", `${dir}/a.qed`, "4094", "4"), hex);
    const isTerminal = { stdout: true };
    const command = ["read", `${dir}/a.qed`, "4094", "4"];
    assertEquals((await runQed(command, { isTerminal })).stdout, hex);
    const plain = await runQed([...command, "-o", "-"], { isTerminal });
    assertEquals(plain.stdoutBytes, new Uint8Array([0xa0, 0xa0, 0xa1, 0xa1]));
  }));

Deno.test("a raw image is written only if it is called raw", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.raw`;
    Deno.writeFileSync(path, new Uint8Array(1024));
    const command = ["write", path, "10", "-P", "1", "-l", "2"];
    const { code, stderr } = await runQed(command);
    assertEquals([code, stderr], [
      1,
      "qed write: The image looks raw; to write it say so with -f raw\n",
    ]);
    await runQedOk(...command, "-f", "raw");
    assertEquals(Deno.readFileSync(path).subarray(9, 13), new Uint8Array([0, 1, 1, 0]));
  }));

Deno.test("every profile writes an image that is clean afterwards", () =>
  inTempDir(async (dir) => {
    for (const [profile, layout] of [["strict", "final"], ["qemu", "final"], ["rfc", "rfc"]]) {
      const path = `${dir}/${profile}.qed`;
      await runQedOk("create", "-q", "--layout", layout, path, "1M");
      await runQedOk("write", "--profile", profile, path, "100", "-P", "7", "-l", "100k");
      await runQedOk("check", path);
      assertEquals((await runQed(["read", path, "100", "1"])).stdoutBytes, new Uint8Array([7]));
    }
  }));

Deno.test("refusals of read and write leave the image as it was, dirty ones too", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder, l2Bytes } = smallImage({ features: NEED_CHECK, autoclear_features: 1n });
    builder.setEntry(l2Bytes, 9, 2 ** 40).save(path);
    Deno.writeFileSync(`${dir}/input`, new Uint8Array(1000));
    const cases: [string[], number, string][] = [
      [["write", path, "1M", "-P", "1", "-l", "1"], 1, "1 bytes at 1048576 are outside the image"],
      [["write", path, "1048000", `${dir}/input`], 1, "1000 bytes at 1048000 are outside"],
      [["write", path, "8E", `${dir}/input`], 1, "are outside the image"],
      [
        ["write", path, "0", `${dir}/input`, "-l", "1001"],
        1,
        "has 1000 bytes, fewer than the 1001",
      ],
      [["write", path, "0", "-", "-l", "5"], 1, "Standard input has 0 bytes, fewer than the 5"],
      [["write", path, "0", `${dir}/none`], 1, "No such file or directory"],
      [["write", path, "0", dir], 1, "Is a directory"],
      [["write", path, "0", path], 1, "are outside the image"],
      [["write", path, "0", path, "-l", "512"], 1, "would be written onto itself"],
      [["write", path, "0", "-P", "256", "-l", "1"], 2, "'256' is not a byte"],
      [["write", path, "0", "-P", "x", "-l", "1"], 2, "'x' is not a byte"],
      [["write", path, "0", "-P", "1"], 2, "--pattern needs --length"],
      [
        ["write", path, "0", `${dir}/input`, "-P", "1", "-l", "1"],
        2,
        "FILE, --pattern and --zero cannot be combined",
      ],
      [["write", path, "zero", `${dir}/input`], 2, "OFFSET: 'zero' is not a size"],
      [["read", path, "1M", "1"], 1, "1 bytes at 1048576 are outside the image of 1048576"],
      [["read", path, "36k", "1"], 1, `l2_table[0][9] at offset ${l2Bytes + 72} is 1099511627776`],
      [["read", path, "0", "1", "-o", path], 1, "belongs to the image that is read"],
      [["read", path, "0", "1", "-o", dir], 1, "Is a directory"],
      [
        ["read", path, "0", "1", "-o", `${dir}/input`, "-x"],
        2,
        "-x cannot be combined with -o FILE",
      ],
      [["read", path, "0"], 2, "missing operand LENGTH"],
    ];
    builder.file.grow(2 << 20);
    builder.save(path);
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(args);
      assertEquals([code, stderr.includes("    at ")], [expected, false], args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(Deno.readFileSync(path), builder.toBytes(), args.join(" "));
    }
    assertEquals(Deno.readFileSync(`${dir}/input`), new Uint8Array(1000));
  }));

Deno.test("writing a dirty image repairs it first", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder, l2Bytes } = smallImage({ features: NEED_CHECK });
    builder.setEntry(l2Bytes, 9, 2 ** 40).save(path);
    await runQedOk("write", path, "0", "-P", "1", "-l", "1");
    await runQedOk("check", path);
  }));

Deno.test("an overlay is written, its backing file is not", () =>
  inTempDir(async (dir) => {
    const base = new Uint8Array(100_000).fill(1);
    Deno.writeFileSync(`${dir}/base.raw`, base);
    const overlay = new ImageBuilder({ image_size: 1n << 18n });
    overlay.setBackingName("base.raw").setHeader({ features: 5n }).save(`${dir}/a.qed`);
    await runQedOk("write", `${dir}/a.qed`, "99998", "-P", "9", "-l", "4");
    const { stdoutBytes } = await runQed(["read", `${dir}/a.qed`, "99997", "6"]);
    assertEquals(stdoutBytes, new Uint8Array([1, 9, 9, 9, 9, 0]));
    assertEquals(Deno.readFileSync(`${dir}/base.raw`), base);
  }));

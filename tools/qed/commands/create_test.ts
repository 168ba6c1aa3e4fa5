import { assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

const names = (dir: string) => Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();

Deno.test("a new image has the size, clusters, tables and layout that were asked for", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const info = async () => JSON.parse(await runQedOk("info", "--output=json", path));
    assertEquals(
      await runQedOk("create", path, "1000"),
      `Formatting '${path}', fmt=qed size=1000 cluster_size=65536\n`,
    );
    assertEquals((await info())["virtual-size"], 1024);
    assertEquals(
      await runQedOk("create", "-f", "qed", "-o", "cluster_size=4k,table_size=2", path, "1.5M"),
      `Formatting '${path}', fmt=qed size=1572864 cluster_size=4096 table_size=2\n`,
    );
    assertEquals([(await info())["virtual-size"], (await info())["cluster-size"]], [1572864, 4096]);
    assertEquals(await runQedOk("create", "-q", "--layout", "rfc", path, "100k"), "");
    assertEquals((await info())["virtual-size"], 131072);
    assertStringIncludes(await runQedOk("info", path), "header layout: rfc");
    assertEquals(
      await runQedOk("create", "-q", "-o", "cluster_size=1M,table_size=16", path, "1E"),
      "",
    );
    assertStringIncludes(await runQedOk("info", path), "1 EiB (1152921504606846976 bytes)");
    assertEquals(names(dir), ["a.qed"]);
  }));

Deno.test("a raw image is a hole", () =>
  inTempDir(async (dir) => {
    await runQedOk("create", "-q", "-f", "raw", `${dir}/a.raw`, "1G");
    const { size, blocks } = Deno.statSync(`${dir}/a.raw`);
    assertEquals([size, blocks], [2 ** 30, 0]);
  }));

Deno.test("an overlay takes its backing file's size and looks for it from its own folder", () =>
  inTempDir(async (dir) => {
    Deno.mkdirSync(`${dir}/sub`);
    Deno.writeFileSync(`${dir}/sub/base.raw`, new Uint8Array(1_000_000));
    await runQedOk("create", "-q", "-b", "base.raw", "-F", "raw", `${dir}/sub/a.qed`);
    await runQedOk("create", "-q", "-o", "backing_file=a.qed,backing_fmt=qed", `${dir}/sub/b.qed`);
    const info = JSON.parse(
      await runQedOk("info", "--backing-chain", "--output=json", `${dir}/sub/b.qed`),
    );
    assertEquals(info.map((each: Record<string, unknown>) => each["virtual-size"]), [
      ...[1000448, 1000448, 1000448],
    ]);
    assertEquals(info[1]["backing-filename-format"], "raw");
    assertEquals(info[0]["backing-filename-format"], undefined);
    const { code, stderr } = await runQed([
      "create",
      "-b",
      "base.raw",
      "-F",
      "raw",
      `${dir}/c.qed`,
    ]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Could not open '${dir}/base.raw': No such file or directory`);
    await runQedOk("create", "-u", "-b", "base.raw", "-F", "raw", `${dir}/c.qed`, "1M");
  }));

Deno.test("an image is replaced, unless it is in the backing chain of the new one", () =>
  inTempDir(async (dir) => {
    const [a, b] = [`${dir}/a.qed`, `${dir}/b.qed`];
    await runQedOk("create", a, "1M");
    await runQedOk("create", "-b", "a.qed", "-F", "qed", b);
    await runQedOk("create", b, "2M");
    await runQedOk("create", "-b", "a.qed", "-F", "qed", b);
    const before = Deno.readFileSync(a);
    for (const backing of ["a.qed", "b.qed"]) {
      const { code, stderr } = await runQed(["create", "-b", backing, "-F", "qed", a, "1M"]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "is in the backing chain of the image that would replace it");
    }
    assertEquals(Deno.readFileSync(a), before);
  }));

Deno.test("refusals leave what was there, and nothing else", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    Deno.writeTextFileSync(path, "precious");
    Deno.writeFileSync(`${dir}/base.raw`, new Uint8Array(512));
    Deno.writeTextFileSync(`${dir}/other`, "QFI\xfb");
    const cases: [string[], number, string][] = [
      [["-o", "cluster_size=5000", path, "1M"], 1, "invalid cluster size 5000: must be a power"],
      [["-o", "cluster_size=128M", path, "1M"], 1, "invalid cluster size 134217728"],
      [["-o", "table_size=32", path, "1M"], 1, "invalid table size 32"],
      [["-o", "table_size=0", path, "1M"], 1, "invalid table size 0"],
      [[path, "65T"], 1, "invalid image size 71468255805440: must be at most 70368744177664"],
      [[path, "8E"], 1, "invalid image size 9223372036854775808"],
      [["-b", "n".repeat(2000), "-F", "raw", "-u", path, "1M"], 1, "must have 1 to 1023 bytes"],
      [[path], 2, "missing operand SIZE"],
      [[path, "-1"], 2, "unknown option '-1'"],
      [[path, "many"], 2, "SIZE: 'many' is not a size"],
      [[path, "1M", "-o", "size=2M"], 2, "The size cannot be given twice"],
      [[path, "1M", "-o", "foo=1"], 2, "-o: unknown option 'foo'"],
      [[path, "1M", "-o", "clustersize=4k"], 2, "did you mean 'cluster_size'?"],
      [[path, "1M", "-o", "cluster_size"], 2, "'cluster_size' needs a value"],
      [[path, "1M", "-o", "cluster_size=big"], 2, "cluster_size: 'big' is not a size"],
      [[path, "1M", "-f", "qcow2"], 2, "-f must be qed or raw, not 'qcow2'"],
      [[path, "1M", "-F", "raw"], 2, "-F needs -b FILE"],
      [["-b", "base.raw", path], 2, "it looks like raw: add -F raw"],
      [["-b", "base.raw", "-F", "qcow2", path], 2, "-F must be qed or raw"],
      [["-b", "base.raw", "-o", "backing_fmt=vdi", path], 2, "backing_fmt must be qed or raw"],
      [["-b", "base.raw", "-F", "qed", path], 1, "magic at offset 0 is 0"],
      [["-b", "nbd://x", "-F", "raw", path], 1, "protocol 'nbd'"],
      [["-f", "raw", "-b", "base.raw", "-F", "raw", path], 2, "-f raw cannot be combined"],
      [["-f", "raw", "-o", "table_size=2", path, "1M"], 2, "-f raw cannot be combined"],
      [[`${dir}/none/a.qed`, "1M"], 1, "Could not create"],
      [[dir, "1M"], 1, "Is a directory"],
      [["/dev/full", "1M"], 1, "Is a device"],
    ];
    const before = names(dir);
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(["create", ...args]);
      assertEquals([code, stderr.includes("    at ")], [expected, false], args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(Deno.readTextFileSync(path), "precious");
      assertEquals(names(dir), before);
    }
  }));

Deno.test("-o help lists the keys, and needs no file", async () => {
  const stdout = await runQedOk("create", "-o", "help");
  for (const key of ["backing_file", "backing_fmt", "cluster_size", "table_size", "size"]) {
    assertStringIncludes(stdout, `  ${key} `);
  }
});

/** The commands that change backing chains, as their users see them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { smallImage } from "../../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

const MiB = 2 ** 20;

/** A raw base of ones and an overlay, `overlay.qed`, with a cluster of twos and one of zeroes. */
async function makeOverlay(dir: string): Promise<{ base: string; overlay: string }> {
  const base = `${dir}/base.raw`;
  const overlay = `${dir}/overlay.qed`;
  Deno.writeFileSync(base, new Uint8Array(MiB).fill(1));
  await runQedOk("snapshot", "-q", "-f", "raw", "-o", "cluster_size=4k", base, overlay);
  await runQedOk("write", overlay, "8k", "-P", "2", "-l", "4k");
  await runQedOk("write", "-z", overlay, "16k", "-l", "4k");
  return { base, overlay };
}

/** What the overlay shows. */
function expectedDisk(): Uint8Array {
  return new Uint8Array(MiB).fill(1).fill(2, 8192, 12288).fill(0, 16384, 20480);
}

async function readAll(path: string, format = "qed"): Promise<Uint8Array> {
  const { stdoutBytes } = await runQed(["read", "-f", format, path, "0", "1M"]);
  return stdoutBytes;
}

async function infoOf(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await runQedOk("info", "--output=json", path));
}

Deno.test("snapshot names its image from its own folder, and says that it is raw", () =>
  inTempDir(async (dir) => {
    Deno.mkdirSync(`${dir}/images`);
    Deno.mkdirSync(`${dir}/today`);
    await runQedOk("create", "-q", `${dir}/images/disk.qed`, "1M");
    // Relative paths start from where the tests run.
    const relative = `${"../".repeat(Deno.cwd().split("/").length - 1)}${dir.slice(1)}`;
    const said = await runQedOk(
      "snapshot",
      `${relative}/images/disk.qed`,
      `${relative}/today/a.qed`,
    );
    assertStringIncludes(said, "is an overlay of");
    const { "backing-filename": name, ...info } = await infoOf(`${dir}/today/a.qed`);
    assertEquals([name, info["backing-filename-format"]], ["../images/disk.qed", undefined]);

    await runQedOk("snapshot", "-q", `${dir}/images/disk.qed`, `${dir}/today/b.qed`);
    assertEquals(
      (await infoOf(`${dir}/today/b.qed`))["backing-filename"],
      `${dir}/images/disk.qed`,
    );
    const { overlay } = await makeOverlay(dir);
    assertEquals((await infoOf(overlay))["backing-filename-format"], "raw");
  }));

Deno.test("snapshot overwrites nothing, and does not guess that an image is raw", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    const before = Deno.readFileSync(overlay);
    const taken = await runQed(["snapshot", "-f", "raw", base, overlay]);
    assertEquals(taken.code, 1);
    assertStringIncludes(taken.stderr, "File exists");
    assertEquals(Deno.readFileSync(overlay), before);
    const unnamed = await runQed(["snapshot", base, `${dir}/new.qed`]);
    assertEquals(unnamed.code, 1);
    assertStringIncludes(unnamed.stderr, "-f raw");
    assertEquals(Array.from(Deno.readDirSync(dir), ({ name }) => name).sort(), [
      "base.raw",
      "overlay.qed",
    ]);
  }));

Deno.test("commit moves everything into the base, and empties the image", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    const before = Deno.statSync(overlay).size;
    assertEquals(await runQedOk("commit", overlay), "Image committed.\n");
    assertEquals(await readAll(base, "raw"), expectedDisk());
    assertEquals(await readAll(overlay), expectedDisk());
    assert(Deno.statSync(overlay).size < before);
    await runQedOk("check", overlay);
  }));

Deno.test("commit -d keeps the image, -b commits to a file deeper in the chain", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    const kept = Deno.readFileSync(overlay);
    await runQedOk("commit", "-q", "-d", overlay);
    assertEquals(Deno.readFileSync(overlay), kept);

    const top = `${dir}/top.qed`;
    await runQedOk("snapshot", "-q", overlay, top);
    await runQedOk("write", top, "0", "-P", "3", "-l", "4k");
    const topBefore = Deno.readFileSync(top);
    await runQedOk("commit", "-q", "-b", base, top);
    assertEquals(await readAll(base, "raw"), expectedDisk().fill(3, 0, 4096));
    assertEquals(Deno.readFileSync(top), topBefore);
    assertEquals(Deno.readFileSync(overlay), kept);
  }));

Deno.test("commit grows a base that is shorter", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    await runQedOk("resize", "-q", overlay, "2M");
    await runQedOk("write", overlay, "1500k", "-P", "5", "-l", "1");
    await runQedOk("commit", "-q", overlay);
    const bytes = Deno.readFileSync(base);
    assertEquals([bytes.length, bytes[1500 * 1024], bytes[MiB]], [2 * MiB, 5, 0]);
  }));

Deno.test("what a commit cannot do is said before anything is written", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    const other = `${dir}/other.qed`;
    await runQedOk("create", "-q", other, "1M");
    // A guest's disk that begins like an image, over a raw file that is probed.
    const probed = `${dir}/probed.qed`;
    const { builder } = smallImage();
    builder.setBackingName("base.raw").setHeader({ features: 1n });
    builder.save(probed);
    Deno.writeFileSync(`${dir}/forged`, smallImage().builder.toBytes().subarray(0, 512));
    await runQedOk("write", probed, "0", `${dir}/forged`);
    const before = Deno.readFileSync(base);
    const cases: [string[], number, string][] = [
      [["commit", other], 1, "does not have a backing file"],
      [["commit", "-b", other, overlay], 1, `Did not find '${other}' in the backing chain`],
      [["commit", "-b", overlay, overlay], 1, "Did not find"],
      [["commit", base], 1, "is a raw image"],
      [["commit", probed], 1, "begins like a qed image"],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(args);
      assertEquals(code, expected, args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(Deno.readFileSync(base), before);
    }
  }));

Deno.test("rebase keeps what the guest sees; -u keeps the clusters", () =>
  inTempDir(async (dir) => {
    const { overlay } = await makeOverlay(dir);
    Deno.writeFileSync(`${dir}/new.raw`, new Uint8Array(MiB).fill(1).fill(9, 40_000, 50_000));
    await runQedOk("rebase", "-b", "new.raw", "-F", "raw", overlay);
    assertEquals((await infoOf(overlay))["backing-filename"], "new.raw");
    assertEquals(await readAll(overlay), expectedDisk());

    Deno.writeFileSync(`${dir}/sevens.raw`, new Uint8Array(MiB).fill(7));
    await runQedOk("rebase", "-u", "-b", "sevens.raw", "-F", "raw", overlay);
    const shown = await readAll(overlay);
    assertEquals([shown[0], shown[9000], shown[17_000], shown[45_000]], [7, 2, 0, 1]);

    await runQedOk("rebase", "-b", "", overlay);
    assertEquals((await infoOf(overlay))["backing-filename"], undefined);
    assertEquals(await readAll(overlay), shown);
    await runQedOk("check", overlay);
  }));

Deno.test("rebase -u needs no backing file to be there", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    Deno.mkdirSync(`${dir}/moved`);
    Deno.renameSync(base, `${dir}/moved/base.raw`);
    assertEquals((await runQed(["read", overlay, "0", "1"])).code, 1);
    await runQedOk("rebase", "-u", "-b", "moved/base.raw", "-F", "raw", overlay);
    assertEquals(await readAll(overlay), expectedDisk());
  }));

Deno.test("what a rebase cannot do leaves the image as it is", () =>
  inTempDir(async (dir) => {
    const { overlay } = await makeOverlay(dir);
    await runQedOk("snapshot", "-q", overlay, `${dir}/top.qed`);
    const cases: [string[], number, string][] = [
      [["rebase", overlay], 2, "-b FILE or -u must be given"],
      [["rebase", "-b", "base.raw", overlay], 2, "backing format must be specified"],
      [["rebase", "-u", "-b", "base.raw", overlay], 2, "backing format must be specified"],
      [["rebase", "-b", "", "-F", "raw", overlay], 2, "-F needs -b FILE"],
      [["rebase", "-b", "none", "-F", "qed", overlay], 1, "Could not open new backing file 'none'"],
      [["rebase", "-b", "top.qed", "-F", "qed", overlay], 1, "would form a loop"],
      [["rebase", "-b", "nbd://x", "-F", "raw", overlay], 1, "has the protocol 'nbd'"],
      [["rebase", "-u", "-b", "x".repeat(1024), "-F", "raw", overlay], 1, "1 to 1023 bytes"],
      [["rebase", "-b", "base.raw", "-F", "qed", overlay], 1, "magic at offset 0"],
    ];
    const before = Deno.readFileSync(overlay);
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(args);
      assertEquals(code, expected, args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(Deno.readFileSync(overlay), before, args.join(" "));
    }
  }));

Deno.test("stream makes an image stand by itself, or by a base further down", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    const top = `${dir}/top.qed`;
    await runQedOk("snapshot", "-q", overlay, top);
    await runQedOk("write", top, "0", "-P", "3", "-l", "1");
    const expected = expectedDisk().fill(3, 0, 1);
    assertEquals(await runQedOk("stream", "--base", base, top), "Image streamed.\n");
    assertEquals((await infoOf(top))["backing-filename-format"], "raw");
    Deno.removeSync(overlay);
    assertEquals(await readAll(top), expected);

    await runQedOk("stream", "-q", top);
    Deno.removeSync(base);
    assertEquals(await readAll(top), expected);
    assertEquals((await infoOf(top))["backing-filename"], undefined);
    await runQedOk("check", top);
    const again = await runQed(["stream", top]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "does not have a backing file");
  }));

Deno.test("read -C stores what it reads from the backing file in the image", () =>
  inTempDir(async (dir) => {
    const { base, overlay } = await makeOverlay(dir);
    const { stdoutBytes } = await runQed(["read", "-C", overlay, "0", "100"]);
    assertEquals(stdoutBytes, new Uint8Array(100).fill(1));
    Deno.writeFileSync(base, new Uint8Array(MiB));
    assertEquals(await readAll(overlay), new Uint8Array(MiB).fill(1, 0, 4096).fill(2, 8192, 12288));
    await runQedOk("check", overlay);
  }));

Deno.test("progress goes to standard error if it is asked for", () =>
  inTempDir(async (dir) => {
    const { overlay } = await makeOverlay(dir);
    for (const command of ["commit", "stream"]) {
      const { code, stderr } = await runQed([command, "-p", overlay]);
      assertEquals(code, 0);
      assertStringIncludes(stderr, "(100/100%)");
    }
  }));

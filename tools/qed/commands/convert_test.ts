import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

const names = (dir: string) => Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();

/** A disk of 5 MiB and a few sectors with data here and there, also in parts of clusters. */
function makeDisk(path: string): Uint8Array {
  const bytes = new Uint8Array((5 << 20) + 1536);
  for (const at of [0, 70_000, 1 << 20, (1 << 20) + 4096, 3_000_000, bytes.length - 1]) {
    bytes[at] = 1;
  }
  bytes.fill(7, 2 << 20, (2 << 20) + 700_000);
  Deno.writeFileSync(path, bytes);
  return bytes;
}

Deno.test("raw to QED, to other clusters, to the layout of 2010 and back to raw", () =>
  inTempDir(async (dir) => {
    const bytes = makeDisk(`${dir}/disk.raw`);
    const steps = [
      ["-f", "raw", "-O", "qed", "disk.raw", "a.qed"],
      ["-O", "qed", "-o", "cluster_size=4k,table_size=2", "a.qed", "b.qed"],
      ["-f", "qed", "-O", "qed", "-o", "cluster_size=1M", "b.qed", "c.qed"],
      ["-O", "qed", "-o", "cluster_size=4k", "--layout", "final", "c.qed", "d.qed"],
      ["-O", "raw", "d.qed", "back.raw"],
    ];
    for (const step of steps) {
      const options = step.slice(0, -2);
      const [from, to] = step.slice(-2).map((name) => `${dir}/${name}`);
      assertEquals(await runQedOk("convert", ...options, from, to), "");
      assertEquals(await runQedOk("compare", `${dir}/disk.raw`, to), "Images are identical.\n");
      if (to.endsWith(".qed")) await runQedOk("check", to);
    }
    assertEquals(Deno.readFileSync(`${dir}/back.raw`), bytes);
    await runQedOk("create", "-q", "--layout", "rfc", `${dir}/old.qed`, "1M");
    await runQedOk("write", `${dir}/old.qed`, "5", "-P", "5", "-l", "70000");
    await runQedOk("convert", "-O", "qed", `${dir}/old.qed`, `${dir}/new.qed`);
    assertStringIncludes(await runQedOk("info", `${dir}/new.qed`), "header layout: final");
    await runQedOk("convert", "-O", "qed", "--layout", "rfc", `${dir}/new.qed`, `${dir}/old.qed`);
    assertStringIncludes(await runQedOk("info", `${dir}/old.qed`), "header layout: rfc");
    await runQedOk("compare", `${dir}/old.qed`, `${dir}/new.qed`);
  }));

Deno.test("zeroes take no place in the target", () =>
  inTempDir(async (dir) => {
    makeDisk(`${dir}/disk.raw`);
    await runQedOk(
      "convert",
      "-O",
      "qed",
      "-o",
      "cluster_size=4k",
      `${dir}/disk.raw`,
      `${dir}/a.qed`,
    );
    const check = JSON.parse(await runQedOk("check", "--output=json", `${dir}/a.qed`));
    // One cluster for each byte, and what the 700,000 bytes take.
    assertEquals(check["allocated-clusters"], 6 + Math.ceil(700_000 / 4096));
    await runQedOk("convert", `${dir}/a.qed`, `${dir}/b.raw`);
    const { blocks } = Deno.statSync(`${dir}/b.raw`);
    assert((blocks ?? 0) * 512 < 1 << 20);
  }));

Deno.test("a target that need not be on its disk is the same", () =>
  inTempDir(async (dir) => {
    makeDisk(`${dir}/disk.raw`);
    for (const cache of ["unsafe", "writeback"]) {
      const options = ["-t", cache, "-O", "qed"];
      assertEquals(
        await runQedOk("convert", ...options, `${dir}/disk.raw`, `${dir}/${cache}.qed`),
        "",
      );
    }
    assertEquals(names(dir), ["disk.raw", "unsafe.qed", "writeback.qed"]);
    const [one, other] = ["unsafe", "writeback"].map((cache) => {
      return Deno.readFileSync(`${dir}/${cache}.qed`);
    });
    assertEquals(one, other);
    const { code, stderr } = await runQed(["convert", "-t", "none", "-O", "qed", "a", "b"]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "-t must be writeback or unsafe");
  }));

Deno.test("backing files are flattened", () =>
  inTempDir(async (dir) => {
    Deno.writeFileSync(`${dir}/base.raw`, new Uint8Array(3 * 4096).fill(1));
    const overlay = new ImageBuilder({ image_size: 6n * 4096n });
    overlay.setBackingName("base.raw").setHeader({ features: 5n });
    const l2Bytes = overlay.addL2Table(0);
    overlay.addData(l2Bytes, 1, 2);
    overlay.setEntry(l2Bytes, 2, 1).save(`${dir}/a.qed`);
    await runQedOk("convert", "-O", "raw", `${dir}/a.qed`, `${dir}/flat.raw`);
    const flat = Deno.readFileSync(`${dir}/flat.raw`);
    assertEquals([0, 1, 2, 3, 4, 5].map((i) => flat[i * 4096]), [1, 2, 0, 0, 0, 0]);
    await runQedOk("convert", "-O", "qed", `${dir}/a.qed`, `${dir}/flat.qed`);
    Deno.removeSync(`${dir}/base.raw`);
    await runQedOk("compare", `${dir}/flat.qed`, `${dir}/flat.raw`);
  }));

Deno.test("sizes are rounded up to whole sectors, and nothing more", () =>
  inTempDir(async (dir) => {
    Deno.writeFileSync(`${dir}/a.raw`, new Uint8Array(1000).fill(1));
    await runQedOk("convert", "-O", "qed", `${dir}/a.raw`, `${dir}/a.qed`);
    await runQedOk("convert", "-O", "raw", `${dir}/a.qed`, `${dir}/b.raw`);
    assertEquals(Deno.readFileSync(`${dir}/b.raw`), new Uint8Array(1024).fill(1, 0, 1000));
    Deno.writeFileSync(`${dir}/empty.raw`, new Uint8Array(0));
    await runQedOk("convert", "-O", "qed", `${dir}/empty.raw`, `${dir}/empty.qed`);
    await runQedOk("convert", "-O", "raw", `${dir}/empty.qed`, `${dir}/empty2.raw`);
    assertEquals(Deno.statSync(`${dir}/empty2.raw`).size, 0);
  }));

Deno.test("the target is the same whether the source was closed or not, with a warning", () =>
  inTempDir(async (dir) => {
    smallImage({ features: 2n }).builder.save(`${dir}/a.qed`);
    const { code, stderr } = await runQed(["convert", `${dir}/a.qed`, `${dir}/a.raw`]);
    assertEquals(code, 0);
    assertStringIncludes(stderr, "not closed cleanly");
    assertEquals(Deno.readFileSync(`${dir}/a.raw`)[4096], 0xa1);
  }));

Deno.test("refusals and failures leave the target as it was, and nothing else", () =>
  inTempDir(async (dir) => {
    const { builder, l2Bytes } = smallImage();
    builder.save(`${dir}/good.qed`);
    builder.setEntry(l2Bytes, 200, 513).save(`${dir}/bad.qed`);
    const overlay = new ImageBuilder().setBackingName("good.qed").setHeader({ features: 1n });
    overlay.save(`${dir}/overlay.qed`);
    Deno.linkSync(`${dir}/good.qed`, `${dir}/good-too.qed`);
    Deno.writeTextFileSync(`${dir}/target`, "precious");
    Deno.writeTextFileSync(`${dir}/other`, "KDMV");
    const target = `${dir}/target`;
    const cases: [string[], number, string][] = [
      [[`${dir}/bad.qed`, target], 1, `l2_table[0][200] at offset ${l2Bytes + 1600} is 513`],
      [["-O", "qed", `${dir}/bad.qed`, target], 1, "l2_table[0][200]"],
      [[`${dir}/none`, target], 1, `Could not open '${dir}/none': No such file`],
      [[`${dir}/other`, target], 1, "Looks like a vmdk image"],
      [["-f", "qed", `${dir}/other`, target], 1, "header at offset 0 is 4"],
      [["-O", "qed", "-o", "cluster_size=3k", `${dir}/good.qed`, target], 1, "cluster size 3072"],
      [["-O", "qed", "-o", "size=1M", `${dir}/good.qed`, target], 2, "source's size"],
      [["-o", "cluster_size=4k", `${dir}/good.qed`, target], 2, "need -O qed"],
      [["-O", "qcow2", `${dir}/good.qed`, target], 2, "-O must be qed or raw"],
      [[`${dir}/good.qed`, `${dir}/good.qed`], 1, "is the source itself"],
      [[`${dir}/good.qed`, `${dir}/good-too.qed`], 1, "is the source itself"],
      [[`${dir}/overlay.qed`, `${dir}/good.qed`], 1, "in the backing chain of the source"],
      [[`${dir}/good.qed`, `${dir}/none/target`], 1, "Could not create"],
      [[`${dir}/good.qed`, `${dir}/target/x`], 1, "Not a directory"],
      [[`${dir}/good.qed`, ""], 1, "Could not create ''"],
      [[`${dir}/good.qed`, dir], 1, "Is a directory"],
      [[`${dir}/good.qed`, "/dev/full"], 1, "Is a device"],
    ];
    const before = names(dir);
    const good = Deno.readFileSync(`${dir}/good.qed`);
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(["convert", ...args]);
      assertEquals([code, stderr.includes("    at ")], [expected, false], args.join(" "));
      assertStringIncludes(stderr, message);
      assertEquals(Deno.readTextFileSync(target), "precious");
      assertEquals([names(dir), Deno.readFileSync(`${dir}/good.qed`)], [before, good]);
    }
  }));

Deno.test("a signal removes the unfinished target", () =>
  inTempDir(async (dir) => {
    using disk = Deno.openSync(`${dir}/disk.raw`, { write: true, create: true });
    disk.truncateSync(2 ** 27);
    for (let at = 0; at < 2 ** 27; at += 2 ** 18) {
      disk.seekSync(at, Deno.SeekMode.Start);
      disk.writeSync(new Uint8Array([1]));
    }
    let turns = 0;
    const during: string[][] = [];
    await runQed(["convert", "-O", "qed", `${dir}/disk.raw`, `${dir}/a.qed`], {
      onTurn(interrupt) {
        if (turns++ > 0) return;
        during.push(names(dir));
        interrupt();
        during.push(names(dir));
      },
    });
    assertEquals(during[0].length, 2);
    assertEquals(during[1], ["disk.raw"]);
    assertEquals(names(dir), ["disk.raw"]);
  }));

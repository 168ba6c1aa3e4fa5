import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DM_LOG_MAGIC, encodeDmLog } from "../../harness/advanced.ts";
import { createImage, MemoryStorage, runSync } from "../../lib/mod.ts";
import { qemuTest, runToolOk } from "../../test_support/qemu.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "./run_crash_testing.ts";

function emptyImage(): Uint8Array {
  const file = new MemoryStorage();
  runSync(createImage({ imageBytes: 2 ** 24, clusterBytes: 4096, tableClusters: 2 }), [file]);
  return file.toBytes();
}

/** Record a qemu-io session on a copy of `base`. Answers the log's path. */
async function recordSession(folder: string, base: string, commands: string[]): Promise<string> {
  const log = `${folder}/session.log`;
  const image = `${folder}/recorded.qed`;
  Deno.writeFileSync(log, new Uint8Array(0));
  Deno.copyFileSync(base, image);
  const options = "driver=qed,file.driver=blklogwrites,file.file.driver=file," +
    `file.file.filename=${image},file.log.driver=file,file.log.filename=${log}`;
  const args = ["--image-opts", options, "-t", "writeback"];
  await runToolOk("qemu-io", [...args, ...commands.flatMap((command) => ["-c", command])]);
  return log;
}

qemuTest(
  "a log of QEMU's first allocation into an existing L2 table shows its missing flush",
  () =>
    inTempDir(async (folder) => {
      const base = `${folder}/base.qed`;
      const create = [
        "create",
        "-q",
        "-f",
        "qed",
        "-o",
        "cluster_size=4k,table_size=2",
        base,
        "16M",
      ];
      await runToolOk("qemu-img", create);
      await runToolOk("qemu-io", ["-f", "qed", "-c", "write -P 1 0 4k", base]);
      const before = Deno.readFileSync(base);
      const log = await recordSession(folder, base, [
        "write -P 2 12k 4k",
        "flush",
        "write 20k 512",
      ]);
      const { code, stdout } = await crash("log", log, "--base", base, "--json", "--no-save");
      assertEquals(code, 1);
      const result = JSON.parse(stdout);
      assertEquals(result.verdict, "violation");
      assert(result.states.log2 > 10);
      const dead = result.violations.find((each: { kind: string; subject: string }) =>
        each.kind === "inconsistent" && each.subject === "l2_table[0][3] is invalid"
      );
      // The L2 entry is there; NEED_CHECK, the data and the file's growth are not.
      assertEquals(dead.reachedDisk.map((each: { label: string }) => each.label), ["l2-table"]);
      assertEquals(dead.crashAfterEntry, dead.reachedDisk[0].entry);
      assertEquals(Deno.readFileSync(base), before, "the base image was changed");
    }),
);

qemuTest(
  "logs of QEMU on a fresh image and with a backing file are clean",
  () =>
    inTempDir(async (folder) => {
      const base = `${folder}/base.qed`;
      const options = "cluster_size=4k,table_size=2";
      const commands = ["write -P 2 12k 4k", "write -P 3 8M 512", "flush", "write -P 4 13k 1k"];
      await runToolOk("qemu-img", ["create", "-q", "-f", "qed", "-o", options, base, "16M"]);
      const fresh = await recordSession(folder, base, ["write -P 2 12k 4k", "write -P 3 12k 512"]);
      const first = await crash("log", fresh, "--base", base, "--no-save");
      assertEquals([first.code, first.stderr], [0, ""], first.stdout);

      const content = new Uint8Array(30000).map((_, i) => i * 31 % 251);
      Deno.writeFileSync(`${folder}/base.raw`, content);
      const backed = ["-b", "base.raw", "-F", "raw", base, "16M"];
      await runToolOk("qemu-img", ["create", "-q", "-f", "qed", "-o", options, ...backed]);
      const overlay = await recordSession(folder, base, commands);
      const second = await crash("log", overlay, "--base", base, "--no-save");
      assertEquals([second.code, second.stderr], [0, ""], second.stdout);
    }),
);

Deno.test("an empty log is clean: QEMU leaves one when nothing was written", () =>
  inTempDir(async (folder) => {
    Deno.writeFileSync(`${folder}/log`, new Uint8Array(0));
    Deno.writeFileSync(`${folder}/base.qed`, emptyImage());
    const { code } = await crash("log", `${folder}/log`, "--base", `${folder}/base.qed`);
    assertEquals(code, 0);
  }));

Deno.test("a recorded violation is replayed from its file", () =>
  inTempDir(async (folder) => {
    const base = `${folder}/base.qed`;
    Deno.writeFileSync(base, emptyImage());
    const l1Sector = new Uint8Array(512);
    // An L1 entry that points past the end of the file, and nothing else.
    new DataView(l1Sector.buffer).setBigUint64(0, 0x100000n, true);
    Deno.writeFileSync(`${folder}/log`, encodeDmLog([{ offsetBytes: 4096, bytes: l1Sector }]));
    const args = ["--base", base, "--save", `${folder}/found`];
    const { code } = await crash("log", `${folder}/log`, ...args);
    assertEquals(code, 1);
    const replays = [...Deno.readDirSync(`${folder}/found`)];
    assert(replays.length > 0);
    const replayed = await crash("replay", `${folder}/found/${replays[0].name}`);
    assertEquals(replayed.code, 1);
    assertStringIncludes(replayed.stdout, "l1_table[0] is invalid");
  }));

Deno.test("bad logs and bases are refused with exit code 2, naming field, offset and value", () =>
  inTempDir(async (folder) => {
    const write = { offsetBytes: 0x3000, bytes: new Uint8Array(512) };
    const good = encodeDmLog([write, { isFlush: true }]);
    const patched = (offset: number, value: bigint) => {
      const bytes = good.slice();
      new DataView(bytes.buffer).setBigUint64(offset, value, true);
      return bytes;
    };
    const entry = 512;
    const image = emptyImage();
    const cases: [string, Uint8Array, Uint8Array, string][] = [
      [
        "bad magic",
        patched(0, 1n),
        image,
        `magic at offset 0 is 0x1: must be 0x${DM_LOG_MAGIC.toString(16)}`,
      ],
      ["version", patched(8, 2n), image, "version at offset 8 is 2"],
      ["too many entries", patched(16, 9999n), image, "nr_entries at offset 16 is 9999"],
      ["sector size", patched(24, 100n), image, "sectorsize at offset 24 is 100"],
      ["flags", patched(entry + 16, 16n), image, "entry 0 flags at offset 528 is 16"],
      ["sector", patched(entry, 1n << 60n), image, "entry 0 sector at offset 512"],
      ["length", patched(entry + 8, 999n), image, "entry 0 nr_sectors at offset 520 is 999"],
      ["cut short", good.subarray(0, 1000), image, "nr_entries at offset 16 is 2"],
      ["tiny", good.subarray(0, 10), image, "super block at offset 0 is 10 bytes"],
      ["no base", good, new Uint8Array(0), "header at offset 0 is 0"],
      ["no image", good, new Uint8Array(4096).fill(1), "magic at offset 0"],
      [
        "far away",
        encodeDmLog([{ ...write, offsetBytes: 2 ** 50 }]),
        image,
        "discarded or skipped",
      ],
      [
        "huge discard",
        encodeDmLog([{ offsetBytes: 0, lengthBytes: 2 ** 52, isDiscard: true }]),
        image,
        "discarded or skipped",
      ],
      ["misfit", encodeDmLog([{ offsetBytes: 0, bytes: new Uint8Array(512) }]), image, "not fit"],
    ];
    for (const [name, log, base, message] of cases) {
      Deno.writeFileSync(`${folder}/log`, log);
      Deno.writeFileSync(`${folder}/base.qed`, base);
      const run = await crash("log", `${folder}/log`, "--base", `${folder}/base.qed`, "--no-save");
      assertEquals(run.code, 2, `${name}: ${run.stderr}`);
      assertStringIncludes(run.stderr, message, name);
      assertEquals(Deno.readFileSync(`${folder}/base.qed`), base, name);
    }
    const missing = await crash("log", `${folder}/log`, "--base", `${folder}/nosuch`);
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.stderr, "nosuch");
    assertEquals((await crash("log", `${folder}/log`, "--base", folder)).code, 2);
  }));

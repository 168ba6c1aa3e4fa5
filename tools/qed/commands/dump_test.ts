import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HEADER_CASES } from "../../conformance/cases/header_cases.ts";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

async function dumpOf(builder: ImageBuilder, ...args: string[]): Promise<string> {
  return await inTempDir(async (dir) => {
    builder.save(`${dir}/a.qed`);
    const said = await runQedOk("dump", ...args, `${dir}/a.qed`);
    assertEquals(Deno.readFileSync(`${dir}/a.qed`), builder.toBytes());
    return said;
  });
}

Deno.test("each line has an offset, bytes and their meaning", async () => {
  const { builder } = smallImage({ features: 2n });
  const said = await dumpOf(builder);
  for (
    const line of [
      "file of 32768 bytes, header in the final layout",
      '00000000  51 45 44 00              magic                     4474193  "QED\\0"',
      "00000004  00 10 00 00              cluster_size              4096  4 KiB",
      "00000010  02 00 00 00 00 00 00 00  features                  2  NEED_CHECK",
      "L1 table at 4096 (0x1000), 8192 bytes, 1024 entries",
      "00001000  00 30 00 00 00 00 00 00  [0]             L2 table of the guest's disk from 0 B on",
      "00001008  00 00 00 00 00 00 00 00  [1-1023]        no L2 table",
      "L2 table 0 at 12288 (0x3000), 8192 bytes, 1024 entries",
      "00003000  00 50 00 00 00 00 00 00  [0-2]           data: guest 0 .. 12287",
      "00003018  00 00 00 00 00 00 00 00  [3-1023]        unallocated: guest 12288 .. 4194303",
    ]
  ) assertStringIncludes(said, `${line}\n`);
  assert(!said.includes("!!"), said);
});

Deno.test("zero clusters, names and unknown bits are shown", async () => {
  const { builder, l2Bytes } = smallImage();
  builder.setBackingName("base.raw").setHeader({ features: 5n, autoclear_features: 8n });
  builder.setEntry(l2Bytes, 5, 1).setEntry(l2Bytes, 6, 1);
  const said = await dumpOf(builder);
  assertStringIncludes(said, "BACKING_FILE, BACKING_FORMAT_NO_PROBE\n");
  assertStringIncludes(said, "unknown bits 0x8\n");
  assertStringIncludes(said, 'backing file name, 8 bytes at 64: "base.raw"\n');
  assertStringIncludes(said, "[5-6]           zero clusters: guest 20480 .. 28671\n");
});

Deno.test("what breaks a rule is marked", async () => {
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 10, 5000).setEntry(l2Bytes, 12, 2n ** 63n).setEntry(l2Bytes, 14, 0);
  builder.setEntry(builder.l1Bytes, 3, 2 ** 40).setEntry(builder.l1Bytes, 4, 7);
  const said = await dumpOf(builder);
  assertStringIncludes(said, "!! not at the start of a cluster\n");
  assertStringIncludes(said, "!! reaches past the end of the file\n");
  assertEquals(said.match(/!!/g)?.length, 4);
});

Deno.test("long tables are cut short, unless everything is asked for", async () => {
  const { builder, l2Bytes } = smallImage();
  for (let i = 0; i < 100; i += 2) builder.setEntry(l2Bytes, 10 + i, 1);
  for (let i = 1; i < 9; i++) builder.addL2Table(i);
  const few = await dumpOf(builder);
  assertStringIncludes(few, "more lines; --all shows them\n");
  assertStringIncludes(few, "5 more L2 tables; --all shows them\n");
  const all = await dumpOf(builder, "--all");
  assert(!all.includes("--all shows them"));
  assertStringIncludes(all, "L2 table 8 at");
  assertStringIncludes(all, "[108]");
});

Deno.test("of a bad header whatever can be found is shown, with what is wrong", async () => {
  for (const { name, build, refused } of HEADER_CASES) {
    if (!refused) continue;
    const said = await dumpOf(build());
    const [field, offsetBytes] = refused;
    assertStringIncludes(said, `!! ${field} at offset ${offsetBytes} is `, name);
  }
});

Deno.test("a file that ends early, or is empty, is shown as far as it goes", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const bytes = smallImage().builder.toBytes();
    for (const length of [0, 3, 10, 64, 5000, 13_000]) {
      Deno.writeFileSync(path, bytes.subarray(0, length));
      const said = await runQedOk("dump", path);
      assertStringIncludes(said, `file of ${length} bytes`);
    }
    const { code, stderr } = await runQed(["dump", dir]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "Is a directory");
  }));

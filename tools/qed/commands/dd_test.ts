import { assertEquals, assertStringIncludes } from "@std/assert";
import { runTool } from "../../../test_support/qemu.ts";
import { qemuDirTest, runToolOk } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

/** Bytes that say where they are, with zeroes in the middle; no whole number of sectors. */
function diskBytes(): Uint8Array {
  const bytes = new Uint8Array(200_001);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 1 + (i * 7 + (i >> 9)) % 255;
  return bytes.fill(0, 50_000, 150_000);
}

async function withDisk(body: (dir: string, bytes: Uint8Array) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    Deno.writeFileSync(`${dir}/a.raw`, diskBytes());
    await body(dir, sectors(diskBytes(), 0, 200_001));
  });
}

/** The bytes of a range, up to a whole sector. */
function sectors(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const part = bytes.slice(start, end);
  const padded = new Uint8Array(Math.ceil(part.length / 512) * 512);
  padded.set(part);
  return padded;
}

Deno.test("a range of blocks becomes an image, raw or QED", () =>
  withDisk(async (dir, bytes) => {
    const cases: [string[], number, number][] = [
      [[], 0, 200_192],
      [["count=3"], 0, 1536],
      [["bs=1000", "skip=7"], 7000, 200_192],
      [["bs=10k", "skip=2", "count=9"], 20_480, 112_640],
      [["bs=1", "skip=49999", "count=3"], 49_999, 50_002],
      [["count=0"], 0, 0],
      [["skip=390", "count=1000"], 199_680, 200_192],
    ];
    for (const [operands, start, end] of cases) {
      const input = [`if=${dir}/a.raw`, ...operands];
      await runQedOk("dd", "-f", "raw", ...input, `of=${dir}/b.raw`);
      assertEquals(Deno.readFileSync(`${dir}/b.raw`), sectors(bytes, start, end));
      await runQedOk("dd", "-f", "raw", "-O", "qed", ...input, `of=${dir}/b.qed`);
      await runQedOk("check", `${dir}/b.qed`);
      const compared = ["-f", "qed", "-F", "raw", `${dir}/b.qed`, `${dir}/b.raw`];
      assertEquals(await runQedOk("compare", ...compared), "Images are identical.\n");
    }
  }));

Deno.test("zeroes are not stored", () =>
  withDisk(async (dir) => {
    await runQedOk("dd", "-O", "qed", `if=${dir}/a.raw`, `of=${dir}/b.qed`);
    // A header, two tables of 4 clusters, and of four clusters of 64 KiB the first and the last two.
    assertEquals(Deno.statSync(`${dir}/b.qed`).size, (1 + 4 + 4 + 3) * 65_536);
  }));

Deno.test("skipping past the end makes an empty image, with a warning", () =>
  withDisk(async (dir) => {
    const args = ["dd", `if=${dir}/a.raw`, `of=${dir}/b.raw`, "bs=1M", "skip=5"];
    const { code, stderr } = await runQed(args);
    assertEquals([code, stderr], [0, `qed dd: ${dir}/a.raw: cannot skip to specified offset\n`]);
    assertEquals(Deno.statSync(`${dir}/b.raw`).size, 0);
  }));

Deno.test("operands that make no sense are refused, and nothing is written", () =>
  withDisk(async (dir, bytes) => {
    const input = `if=${dir}/a.raw`;
    const output = `of=${dir}/b.raw`;
    const cases: [string[], number, string][] = [
      [[], 2, "missing operand if=FILE"],
      [[input], 2, "missing operand of=FILE"],
      [[input, output, "bs=0"], 2, "bs= must be from 1"],
      [[input, output, "bs=4G"], 2, "bs= must be from 1"],
      [[input, output, "bs=x"], 2, "bs=: 'x' is not a size"],
      [[input, output, "cuont=1"], 2, "unknown operand 'cuont=' (did you mean 'count='?)"],
      [[input, output, "count"], 2, "needs a value"],
      [[input, output, "count="], 2, "needs a value"],
      [[input, output, output], 2, "cannot be given more than once"],
      [[input, `of=${dir}/a.raw`], 1, "the input itself"],
      [[`if=${dir}/none`, output], 1, "No such file or directory"],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(["dd", ...args]);
      assertEquals(code, expected, args.join(" "));
      assertStringIncludes(stderr, message);
    }
    assertEquals(Deno.readFileSync(`${dir}/a.raw`), bytes.subarray(0, 200_001));
    assertEquals(Array.from(Deno.readDirSync(dir), ({ name }) => name), ["a.raw"]);
  }));

qemuDirTest(
  "dd copies what qemu-img dd does, but count does not count what is skipped",
  async (dir) => {
    Deno.writeFileSync(`${dir}/a.raw`, diskBytes());
    const files = (tool: string) => [`if=${dir}/a.raw`, `of=${dir}/${tool}`];
    for (const operands of [["bs=1k"], ["bs=3k", "count=5"], ["bs=7k", "skip=3"], ["skip=900"]]) {
      await runToolOk("qemu-img", ["dd", "-f", "raw", "-O", "raw", ...operands, ...files("qemu")]);
      await runQedOk("dd", "-f", "raw", "-O", "raw", ...operands, ...files("here"));
      assertEquals(Deno.readFileSync(`${dir}/here`), Deno.readFileSync(`${dir}/qemu`));
    }
    const both = ["bs=512", "count=4", "skip=2"];
    const { code } = await runTool("qemu-img", ["dd", "-f", "raw", ...both, ...files("qemu")]);
    await runQedOk("dd", "-f", "raw", ...both, ...files("here"));
    assertEquals([code, Deno.statSync(`${dir}/qemu`).size], [0, 1024]);
    assertEquals(Deno.statSync(`${dir}/here`).size, 2048);
  },
);

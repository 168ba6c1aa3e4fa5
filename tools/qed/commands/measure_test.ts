import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runToolOk } from "../../../test_support/qemu.ts";
import { qemuDirTest } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

const KiB = 1024;

async function measured(...args: string[]): Promise<[number, number]> {
  const sizes = JSON.parse(await runQedOk("measure", "--output=json", ...args));
  return [sizes.required, sizes["fully-allocated"]];
}

Deno.test("an empty image is measured by hand", async () => {
  // A header, an L1 table of 4 clusters; then an L2 table of 4 and a cluster of data.
  assertEquals(await measured("-O", "qed", "--size", "64k"), [5 * 64 * KiB, 10 * 64 * KiB]);
  assertEquals(
    await measured("-O", "qed", "--size", "8193", "-o", "cluster_size=4k,table_size=1"),
    [2 * 4 * KiB, (2 + 1 + 3) * 4 * KiB],
  );
  assertEquals(await measured("-O", "qed", "-o", "size=0"), [5 * 64 * KiB, 5 * 64 * KiB]);
  assertEquals(await measured("--size", "1000"), [1024, 1024]);
  assertEquals(
    await runQedOk("measure", "--size", "1M"),
    "required size: 1048576\nfully allocated size: 1048576\n",
  );
});

Deno.test("what is measured of an exabyte is exact", async () => {
  const options = "cluster_size=1M,table_size=16";
  const text = await runQedOk("measure", "-O", "qed", "-o", options, "--size", "1E");
  const clusters = 2n ** 40n;
  const tables = clusters / 2n ** 21n;
  const full = 17n * 2n ** 20n + tables * 2n ** 24n + clusters * 2n ** 20n;
  assertStringIncludes(text, `fully allocated size: ${full}\n`);
});

Deno.test("a conversion is as large as measured, where its zeroes are known", () =>
  inTempDir(async (dir) => {
    const raw = `${dir}/a.raw`;
    {
      using file = Deno.openSync(raw, { write: true, create: true });
      file.truncateSync(40 << 20);
      for (const at of [0, 5000, 1 << 20, 39 << 20]) {
        file.seekSync(at, Deno.SeekMode.Start);
        file.writeSync(new Uint8Array(3000).fill(1));
      }
    }
    for (const options of ["cluster_size=4k,table_size=2", "cluster_size=64k"]) {
      const [required, full] = await measured("-O", "qed", "-o", options, raw);
      await runQedOk("convert", "-O", "qed", "-o", options, raw, `${dir}/a.qed`);
      assertEquals(Deno.statSync(`${dir}/a.qed`).size, required);
      assert(full > required);
      // Over again from the result, which knows as much.
      assertEquals(await measured("-O", "qed", "-o", options, `${dir}/a.qed`), [required, full]);
    }
  }));

qemuDirTest("a raw image is measured as qemu-img does", async (dir) => {
  Deno.writeFileSync(`${dir}/a.raw`, new Uint8Array(70_000));
  for (const how of [[], ["--output=json"]]) {
    for (const what of [["--size", "3M"], ["-f", "raw", `${dir}/a.raw`]]) {
      const args = ["measure", "-O", "raw", ...how, ...what];
      assertEquals(await runQedOk(...args), await runToolOk("qemu-img", args));
    }
  }
});

Deno.test("what cannot be measured is said", async () => {
  const cases: [string[], number, string][] = [
    [[], 2, "either IMAGE or --size must be given"],
    [["--size", "1M", "a.qed"], 2, "either IMAGE or --size must be given"],
    [["--size", "1M", "-o", "cluster_size=4k"], 2, "cluster_size and table_size need -O qed"],
    [["-O", "qed", "--size", "1M", "-o", "cluster_size=5000"], 1, "must be a power of two"],
    [["-O", "qed", "--size", "1M", "-o", "table_size=3"], 1, "must be a power of two"],
    [["-O", "qed", "--size", "1M", "-o", "backing_file=b"], 2, "backing_file cannot be measured"],
    [["-O", "qed", "--size", "8E", "-o", "cluster_size=4k"], 1, "must be at most"],
    [["-O", "qed", "none"], 1, "No such file or directory"],
  ];
  for (const [args, expected, message] of cases) {
    const { code, stderr } = await runQed(["measure", ...args]);
    assertEquals(code, expected, args.join(" "));
    assertStringIncludes(stderr, message);
  }
  assertStringIncludes(await runQedOk("measure", "-o", "help"), "cluster_size");
});

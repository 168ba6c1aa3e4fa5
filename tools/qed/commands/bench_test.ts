import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { smallImage } from "../../../lib/qed/format/image_builder.ts";
import { qemuDirTest, runToolOk } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

Deno.test("reads leave the image as it is", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder } = smallImage({ features: 2n });
    builder.save(path);
    const said = await runQedOk("bench", "-c", "300", "-d", "8", "-s", "1k", "-S", "3k", path);
    const [announced, ended] = said.split("\n");
    assertEquals(
      announced,
      "Sending 300 read requests, 1024 bytes each, 8 in parallel " +
        "(starting at offset 0, step size 3072)",
    );
    assertMatch(ended, /^Run completed in \d+\.\d{3} seconds\.$/);
    assertEquals(Deno.readFileSync(path), builder.toBytes());
  }));

for (const drain of [[], ["--no-drain"]]) {
  Deno.test(`writes with many in flight and flushes ${drain.join("")} arrive`, () =>
    inTempDir(async (dir) => {
      const path = `${dir}/a.qed`;
      await runQedOk("create", "-q", "-o", "cluster_size=4k", path, "1M");
      // Half of each sector-sized step, on all of the disk.
      const how = ["-w", "-c", "2048", "-d", "16", "-s", "256", "-S", "512", "-o", "256"];
      const flushes = ["--flush-interval", "500", ...drain];
      const said = await runQedOk("bench", ...how, ...flushes, "--pattern", "7", path);
      const kind = drain.length > 0 ? "ongoing requests" : "requests";
      assertStringIncludes(said, `Sending flush every 500 ${kind}\n`);
      await runQedOk("check", path);
      const { stdoutBytes } = await runQed(["read", path, "0", "1M"]);
      assertEquals(stdoutBytes, new Uint8Array(1 << 20).map((_, i) => i % 512 < 256 ? 0 : 7));
    }));
}

Deno.test("requests start over at the beginning of the disk", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.raw`;
    Deno.writeFileSync(path, new Uint8Array(2560));
    const how = ["-f", "raw", "-q", "-n", "-w", "-c", "3", "-d", "1", "-s", "1k", "-S", "2k"];
    assertEquals(await runQedOk("bench", ...how, "--pattern", "9", path), "");
    // At 0; not at 2048, where it would not fit; at 0 again, and at 0.
    assertEquals(Deno.readFileSync(path), new Uint8Array(2560).fill(9, 0, 1024));
  }));

Deno.test("what cannot be measured is refused", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const raw = `${dir}/a.raw`;
    const { builder } = smallImage({ features: 2n });
    builder.save(path);
    Deno.writeFileSync(raw, new Uint8Array(512));
    const cases: [string[], number, string][] = [
      [["-d", "0", path], 2, "--depth must be from 1"],
      [["-d", "5000", path], 2, "--depth must be from 1 to 4096"],
      [["-s", "0", path], 2, "--buffer-size must be at least 1"],
      [["-s", "1G", "-d", "2", path], 2, "at most 1073741824 bytes"],
      [["-s", "2M", path], 2, "larger than the disk"],
      [["--flush-interval", "70", path], 2, "only available in write tests"],
      [["-w", "--flush-interval", "4", path], 2, "can't be smaller than depth"],
      [["-w", "--pattern", "300", path], 2, "not a byte"],
      [["-c", "x", path], 2, "not a size"],
      [["-w", "-s", "512", raw], 1, "-f raw"],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runQed(["bench", ...args]);
      assertEquals(code, expected, args.join(" "));
      assertStringIncludes(stderr, message);
    }
    assertEquals(Deno.readFileSync(path), builder.toBytes());
  }));

qemuDirTest("bench says what qemu-img bench says", async (dir) => {
  const path = `${dir}/a.raw`;
  Deno.writeFileSync(path, new Uint8Array(1 << 20));
  const args = ["bench", "-f", "raw", "-w", "-c", "8", "-d", "2", "-s", "4k", "-S", "8k"];
  const flushes = ["--flush-interval", "4", "--pattern", "3", "-o", "4k", path];
  const timeless = (text: string) => text.replace(/[\d.]+ seconds/, "N seconds");
  assertEquals(
    timeless(await runQedOk(...args, ...flushes)),
    timeless(await runToolOk("qemu-img", [...args, ...flushes])),
  );
});

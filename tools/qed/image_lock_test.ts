/** QEMU and the image tool respect each other's image locks. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { qemuTest, runTool } from "../../test_support/qemu.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { ImageLock } from "../../lib/chain/image_lock.ts";
import { ImageBuilder } from "../../lib/qed/format/image_builder.ts";
import { runQed } from "./run_testing.ts";

/** Run `body` while `qemu-io` has the image open. */
async function whileOpenInQemu(
  path: string,
  options: readonly string[],
  body: () => Promise<void>,
): Promise<void> {
  const child = new Deno.Command("qemu-io", {
    args: [...options, "-f", "qed", path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  try {
    // It answers once the image is open.
    await writer.write(new TextEncoder().encode("length\n"));
    await reader.read();
    await body();
  } finally {
    await writer.close();
    while (!(await reader.read()).done);
    await child.status;
  }
}

qemuTest(
  "what QEMU writes is not touched, and not read without -U",
  () =>
    inTempDir(async (dir) => {
      const path = `${dir}/a.qed`;
      new ImageBuilder().save(path);
      await whileOpenInQemu(path, [], async () => {
        const refused = [
          ["info", path],
          ["check", path],
          ["check", "-r", "all", path],
          ["map", path],
          ["read", path, "0", "1"],
          ["write", path, "0", "-P", "1", "-l", "1"],
          ["convert", path, `${dir}/b.raw`],
          ["create", path, "1M"],
        ];
        for (const args of refused) {
          const { code, stderr } = await runQed(args);
          assertEquals(code, 1, args.join(" "));
          assertStringIncludes(stderr, "Another process has the image open for writing");
        }
        const shared = refused.filter(([command]) => ["info", "check", "map"].includes(command));
        for (const [command, ...args] of shared) {
          if (args.includes("-r")) continue;
          assertEquals((await runQed([command, "-U", ...args])).code, 0);
        }
        assertEquals((await runQed(["check", "-U", "-r", "all", path])).code, 2);
      });
      assertEquals((await runQed(["check", path])).code, 0);
    }),
);

qemuTest("what QEMU reads is read, and not written", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    new ImageBuilder().save(path);
    await whileOpenInQemu(path, ["-r"], async () => {
      assertEquals((await runQed(["check", path])).code, 0);
      const { code, stderr } = await runQed(["write", path, "0", "-P", "1", "-l", "1"]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "Another process has locked the image");
    });
  }));

qemuTest("QEMU keeps away from what is written here", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    new ImageBuilder().save(path);
    {
      using _lock = new ImageLock(path, { writable: true });
      const { code, stderr } = await runTool("qemu-img", ["check", path]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "Failed to get shared");
    }
    using _lock = new ImageLock(path, { writable: false });
    assertEquals((await runTool("qemu-img", ["check", path])).code, 0);
    const { stderr } = await runTool("qemu-io", ["-f", "qed", "-c", "write 0 512", path]);
    assertStringIncludes(stderr, 'Failed to get "write" lock');
  }));

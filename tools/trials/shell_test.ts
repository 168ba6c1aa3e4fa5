import { assertEquals, assertRejects } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { QemuToolCrash } from "./qemu_tool_error.ts";
import { Shell } from "./shell.ts";

Deno.test("a shell answers what each command prints, with its exit code", async () => {
  const shell = new Shell();
  assertEquals(await shell.run(["printf", "it's\\n%s", "a b"]), { code: 0, output: "it's\na b" });
  assertEquals(await shell.run(["sh", "-c", "echo no >&2; exit 3"]), { code: 3, output: "no\n" });
  shell.kill();
});

Deno.test("a command that a signal ends is a crash of the tool", async () => {
  const shell = new Shell();
  await assertRejects(() => shell.run(["sh", "-c", "kill -6 $$"]), QemuToolCrash, "signal 6");
  shell.kill();
});

Deno.test("a command that hangs is ended, and not left behind", () =>
  inTempDir(async (dir) => {
    const shell = new Shell(200);
    const late = ["sh", "-c", `sleep 1; touch ${dir}/late`];
    await assertRejects(() => shell.run(late), QemuToolCrash, "did not end");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assertEquals([...Deno.readDirSync(dir)], []);
  }));

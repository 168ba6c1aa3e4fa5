import { assertEquals, assertStringIncludes } from "@std/assert";
import { reportPage } from "../../../../harness/advanced.ts";
import { crash } from "../../run_crash_testing.ts";
import { userEnvironment } from "../../../../test_support/user_environment.ts";
import { inTempDir } from "../../../../test_support/temp_dir.ts";

Deno.test("a report says which cases it cannot check in the browser, and why", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/page.html`;
    await crash("run", "backing-file", "--profile", "rfc", "--no-save", "--report", path);
    const page = Deno.readTextFileSync(path);
    assertStringIncludes(page, "Interactive view not available: the image has a backing file.");
    assertEquals(page.includes("live-data"), false);
  }));

Deno.test("the interactive view is bundled wherever the user stands", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/page.html`;
    const args = ["run", "aliasing", "--profile", "rfc", "--no-save", "--report", path];
    const program = new URL("../../../powercut.ts", import.meta.url).pathname;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, "crash", ...args],
      cwd: dir,
      clearEnv: true,
      env: userEnvironment(),
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const page = Deno.readTextFileSync(path);
    assertEquals(page.includes("Interactive view not available"), false);
    assertStringIncludes(page, "live-data");
  }));

Deno.test("a report without cases to check has no program", () => {
  const page = reportPage({
    ...{ title: "", summary: "", command: "", facts: [], tables: [], violations: [], notes: [] },
  });
  assertEquals(page.includes('type="module"'), false);
});

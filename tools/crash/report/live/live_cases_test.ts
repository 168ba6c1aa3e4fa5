import { assertEquals, assertStringIncludes } from "@std/assert";
import { reportPage } from "../../../../harness/advanced.ts";
import { crash } from "../../run_crash_testing.ts";
import { inTempDir } from "../../../../test_support/temp_dir.ts";

Deno.test("a report says which cases it cannot check in the browser, and why", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/page.html`;
    await crash("run", "backing-file", "--profile", "rfc", "--no-save", "--report", path);
    const page = Deno.readTextFileSync(path);
    assertStringIncludes(page, "Interactive view not available: the image has a backing file.");
    assertEquals(page.includes("live-data"), false);
  }));

Deno.test("a report without cases to check has no program", () => {
  const page = reportPage({
    ...{ title: "", summary: "", command: "", facts: [], tables: [], violations: [], notes: [] },
  });
  assertEquals(page.includes('type="module"'), false);
});

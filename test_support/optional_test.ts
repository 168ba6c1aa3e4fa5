import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inTempDir } from "./temp_dir.ts";

/** Runs the fixture's test in a process whose PATH holds `tools` and nothing else. */
async function runFixture(
  tools: readonly string[],
  requireAll: string,
): Promise<{ code: number; output: string }> {
  return await inTempDir(async (dir) => {
    for (const tool of tools) {
      Deno.writeTextFileSync(`${dir}/${tool}`, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    }
    const fixture = new URL("./skipped_fixture.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", fixture],
      env: { PATH: dir, NO_COLOR: "1", POWERCUT_REQUIRE_ALL: requireAll },
      stdin: "null",
    }).output();
    return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  });
}

Deno.test("without QEMU a test that needs it is ignored, with its name and the reason printed", async () => {
  const { code, output } = await runFixture(["qemu-img"], "");
  assertEquals(code, 0, output);
  assertStringIncludes(output, 'SKIPPED: "a test that needs QEMU": qemu-io is not in PATH');
  assertMatch(output, /0 passed.*1 ignored/);
});

Deno.test("without QEMU and with POWERCUT_REQUIRE_ALL=1 a test that needs it fails", async () => {
  const { code, output } = await runFixture([], "1");
  assertEquals(code, 1, output);
  assertStringIncludes(output, "cannot run: qemu-img is not in PATH");
});

Deno.test("with QEMU's tools in PATH a test that needs them runs", async () => {
  for (const requireAll of ["", "1"]) {
    const { code, output } = await runFixture(["qemu-img", "qemu-io", "qemu-nbd"], requireAll);
    assertEquals(code, 0, output);
    assertMatch(output, /1 passed/);
  }
});

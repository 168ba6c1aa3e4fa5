/** Which headers QEMU opens: the same as this library, but for the differences on record. */
import { assertEquals } from "@std/assert";
import { HEADER_CASES } from "./header_cases_testing.ts";
import { qemuDirTest, runTool } from "./qemu_testing.ts";

qemuDirTest("qemu-img opens and refuses the headers that it is recorded to", async (dir) => {
  const actual: [string, string][] = [];
  const expected: [string, string][] = [];
  for (const { name, build, refused, qemu } of HEADER_CASES) {
    build().save(`${dir}/image.qed`);
    const { code } = await runTool("qemu-img", ["info", "-f", "qed", `${dir}/image.qed`]);
    actual.push([name, code === 0 ? "opens" : "refuses"]);
    expected.push([name, qemu ?? (refused ? "refuses" : "opens")]);
  }
  assertEquals(actual, expected);
});

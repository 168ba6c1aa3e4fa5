import { assertEquals, assertRejects } from "@std/assert";
import { qemuDirTest, qemuTest, runToolOk } from "../../test_support/qemu.ts";
import { parseDump } from "./examine.ts";
import { QemuIo } from "./qemu_io.ts";
import { QemuToolCrash, QemuToolError } from "./qemu_tool_error.ts";

qemuDirTest("commands are answered one by one, however many are sent at once", async (dir) => {
  await runToolOk("qemu-img", ["create", "-q", `${dir}/disk.img`, "1M"]);
  const io = await QemuIo.start(["-f", "raw", `${dir}/disk.img`]);
  const writes = Array.from({ length: 100 }, (_, i) => `write -q -P ${i} ${i * 512} 512`);
  assertEquals(await io.runAll(writes), writes.map(() => ""));
  const reads = await io.runAll(["read -v 512 512", "read -q -P 7 0 512", "length"]);
  assertEquals(parseDump(reads[0], 512), { kind: "pattern", pattern: 1 });
  assertEquals(reads.slice(1), ["Pattern verification failed at offset 0, 512 bytes\n", "1 MiB\n"]);
  await io.end();
});

qemuTest("what is not opened at the start is said", async () => {
  await assertRejects(() => QemuIo.start(["/no/such.img"]), QemuToolError, "can't open");
});

qemuTest("a process that dies is a crash of the tool, and says by which signal", async () => {
  const io = await QemuIo.start();
  await assertRejects(() => io.run("abort"), QemuToolCrash, "signal 6");
});

qemuDirTest("a process that does not answer in time is ended", async (dir) => {
  await runToolOk("qemu-img", ["create", "-q", `${dir}/disk.img`, "1M"]);
  const io = await QemuIo.start(["-f", "raw", `${dir}/disk.img`], 300);
  await assertRejects(() => io.run("sleep 60000"), QemuToolCrash, "did not answer");
});

Deno.test("a dump that is too short is an error, and says what was printed", () => {
  assertEquals(parseDump("read failed: Input/output error\n", 512), {
    kind: "error",
    message: "read failed: Input/output error",
  });
});

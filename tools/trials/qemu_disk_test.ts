import { isRunning } from "../../test_support/is_running.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { qemuDirTest, runToolOk } from "../../test_support/qemu.ts";
import { NbdRequestError } from "../../lib/nbd/mod.ts";
import { QemuDisk } from "./qemu_disk.ts";
import { ImageRefusal, QemuToolCrash, QemuToolError } from "./qemu_tool_error.ts";

const MIB = 2 ** 20;

/** A disk of 1 MiB in a file in `dir`, opened with more options in front of the file's. */
async function open(
  dir: string,
  { driver = "raw", timeoutMs }: { driver?: string; timeoutMs?: number } = {},
): Promise<QemuDisk> {
  return await QemuDisk.open({
    image: `driver=${driver},file.driver=file,file.filename=${dir}/disk.img`,
    socketPath: `${dir}/disk.sock`,
    cache: "writeback",
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

async function createDisk(dir: string, format = "raw"): Promise<void> {
  await runToolOk("qemu-img", ["create", "-q", "-f", format, `${dir}/disk.img`, "1M"]);
}

async function bytesAt(
  disk: QemuDisk,
  offsetBytes: number,
  lengthBytes: number,
): Promise<number[]> {
  const into = new Uint8Array(lengthBytes).fill(9);
  await disk.read(offsetBytes, into);
  return [...new Set(into)];
}

qemuDirTest("what a driver is asked for, it does, and the file has it afterwards", async (dir) => {
  await createDisk(dir, "qed");
  const disk = await open(dir, { driver: "qed" });
  assertEquals(disk.sizeBytes, MIB);
  await disk.write(4096, new Uint8Array(4096).fill(1));
  await disk.writeZeroes(4096, 512);
  await disk.flush();
  await disk.discard(8192, 4096);
  assertEquals(await bytesAt(disk, 4096, 512), [0]);
  assertEquals(await bytesAt(disk, 4608, 512), [1]);
  await disk.end();
  await runToolOk("qemu-io", ["-f", "qed", "-c", "read -P 1 4608 3584", `${dir}/disk.img`]);
  // The next one needs the socket, and nobody else may have the image open.
  const again = await open(dir, { driver: "qed" });
  await again.end();
  assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["disk.img"]);
});

qemuDirTest("an image that does not open says why, in the driver's words", async (dir) => {
  await createDisk(dir);
  await assertRejects(
    () => open(dir, { driver: "qed" }),
    ImageRefusal,
    "Cannot open the image: Image not in QED format",
  );
  await assertRejects(() => open(`${dir}/no`), QemuToolError, "No such file or directory");
});

qemuDirTest("what keeps QEMU from serving is not the image's fault", async (dir) => {
  await createDisk(dir);
  const image = `driver=raw,file.driver=file,file.filename=${dir}/disk.img`;
  const error = await assertRejects(
    () => QemuDisk.open({ image, socketPath: `${dir}/${"x".repeat(200)}`, cache: "writeback" }),
    QemuToolError,
    "Cannot serve the image",
  );
  assert(!(error instanceof ImageRefusal));
});

qemuDirTest("a range that the driver can't read is an error of that range", async (dir) => {
  await createDisk(dir);
  const disk = await QemuDisk.open({
    image: "driver=raw,file.driver=blkdebug,file.inject-error.0.event=none," +
      "file.inject-error.0.iotype=read,file.inject-error.0.sector=8," +
      `file.image.driver=file,file.image.filename=${dir}/disk.img`,
    socketPath: `${dir}/disk.sock`,
    cache: "writeback",
  });
  const error = await assertRejects(() => bytesAt(disk, 4096, 512), NbdRequestError);
  assertEquals(error.reason, "Input/output error");
  assertEquals(await bytesAt(disk, 0, 4096), [0]);
  await disk.end();
});

qemuDirTest("a process that a signal ends is a crash of the tool, and says which", async (dir) => {
  await createDisk(dir);
  const disk = await open(dir);
  Deno.kill(disk.pid, "SIGABRT");
  await assertRejects(() => disk.flush(), QemuToolCrash, "qemu-nbd ended by SIGABRT");
  // Ended over its closing, it is one as well.
  const closing = await open(dir);
  Deno.kill(closing.pid, "SIGSEGV");
  await assertRejects(() => closing.end(), QemuToolCrash, "qemu-nbd ended by SIGSEGV");
});

qemuDirTest("a process that hangs is ended, and a crash of the tool", async (dir) => {
  await createDisk(dir);
  const disk = await open(dir, { timeoutMs: 1000 });
  Deno.kill(disk.pid, "SIGSTOP");
  await assertRejects(
    () => bytesAt(disk, 0, 512),
    QemuToolCrash,
    "qemu-nbd did not answer for 1 s",
  );
  const again = await open(dir, { timeoutMs: 1000 });
  Deno.kill(again.pid, "SIGSTOP");
  await assertRejects(() => again.end(), QemuToolCrash, "qemu-nbd did not answer for 1 s");
  assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["disk.img"]);
});

qemuDirTest("a program that ends leaves no process behind", async (dir) => {
  await createDisk(dir);
  const script = `
    import { QemuNbd } from ${JSON.stringify(import.meta.resolve("./qemu_nbd.ts"))};
    const image = "driver=raw,file.driver=file,file.filename=${dir}/disk.img";
    const nbd = new QemuNbd({ image, socketPath: "${dir}/disk.sock", cache: "writeback" });
    console.log(nbd.pid);
    Deno.exit(0);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--config", configPath(), script],
    stdin: "null",
  }).output();
  const pid = Number(new TextDecoder().decode(stdout));
  assert(pid > 0);
  for (let tries = 0; isRunning(pid) && tries < 1000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(!isRunning(pid), "qemu-nbd still waits for its client");
});

function configPath(): string {
  return new URL("../../deno.json", import.meta.url).pathname;
}

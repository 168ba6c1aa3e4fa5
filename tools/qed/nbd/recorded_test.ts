/** QEMU's own drivers, and ours, writing through the server: recorded, and explored. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decodeLog } from "../../../harness/log/log_file.ts";
import { Image } from "../../../mod.ts";
import { crash } from "../../crash/run_crash_testing.ts";
import { clientTest, runClientOk, TestServer } from "./server_testing.ts";

/** Record what QEMU's driver of a format does on a copy of `base`. Answers the log's path. */
async function record(
  dir: string,
  base: string,
  commands: readonly string[],
  format = "qed",
): Promise<string> {
  const [image, log] = [`${dir}/live.img`, `${dir}/session.log`];
  Deno.copyFileSync(base, image);
  const options = ["-f", "raw", "--grow", "--delay", "1", "--record", log];
  await using server = await TestServer.start(dir, ...options, image);
  const args = ["-f", format, "-t", "writeback", server.uri];
  await runClientOk("qemu-io", ...args, ...commands.flatMap((command) => ["-c", command]));
  assertEquals((await server.stop()).code, 0);
  return log;
}

async function createBase(dir: string): Promise<string> {
  const base = `${dir}/base.qed`;
  const options = ["-o", "cluster_size=4k,table_size=2", base, "16M"];
  await runClientOk("qemu-img", "create", "-q", "-f", "qed", ...options);
  return base;
}

clientTest(
  "QEMU's first allocation into an existing L2 table, recorded, shows its missing flush",
  ["qemu-io", "qemu-img"],
  async (dir) => {
    const base = await createBase(dir);
    await runClientOk("qemu-io", "-f", "qed", "-c", "write -P 1 0 4k", base);
    const log = await record(dir, base, ["write -P 2 12k 4k", "flush", "write 20k 512"]);
    const { code, stdout } = await crash("log", log, "--base", base, "--json", "--no-save");
    assertEquals(code, 1);
    const dead = JSON.parse(stdout).violations.find((each: { subject: string }) =>
      each.subject === "l2_table[0][3] is invalid"
    );
    // The L2 entry is there; NEED_CHECK, the data and the file's growth are not.
    assertEquals(dead.reachedDisk.map((each: { label: string }) => each.label), ["l2-table"]);
    assertEquals(dead.crashAfterEntry, dead.reachedDisk[0].entry);
  },
);

clientTest(
  "a log of overlapping requests says which were in flight at a time, and is clean",
  ["qemu-io", "qemu-img"],
  async (dir) => {
    const base = await createBase(dir);
    const log = await record(dir, base, [
      "aio_write -P 2 12k 4k",
      "aio_write -P 3 8M 20k",
      "aio_write -P 4 100k 512",
      "aio_flush",
      "aio_write -P 5 12k 4k",
      "aio_write -P 6 16k 4k",
      "aio_flush",
      "aio_write -P 7 100k 1k",
    ]);
    let inFlight = 0;
    let most = 0;
    for (const { kind } of decodeLog(Deno.readFileSync(log)).events) {
      if (kind.endsWith("-issued")) most = Math.max(most, ++inFlight);
      if (kind.endsWith("-completed")) inFlight--;
    }
    assertEquals(inFlight, 0);
    assert(most > 1, "nothing overlapped");
    const { code, stdout } = await crash("log", log, "--base", base, "--no-save");
    assertEquals([code, stdout.trimEnd().split("\n").at(-1)], [0, "clean"], stdout);
  },
);

clientTest(
  "this project's driver, recorded while a client uses it, survives every crash",
  ["qemu-io"],
  async (dir) => {
    const [base, live, log] = [`${dir}/base.qed`, `${dir}/live.qed`, `${dir}/session.log`];
    const shape = { sizeBytes: 2 ** 24, clusterBytes: 4096, tableClusters: 2 };
    {
      await using image = await Image.create(base, shape);
      await image.write(0, new Uint8Array(4096).fill(1));
    }
    Deno.copyFileSync(base, live);
    await using server = await TestServer.start(dir, "--delay", "1", "--record", log, live);
    const commands = ["aio_write -P 2 12k 4k", "aio_write -P 3 8M 8k", "aio_write -P 4 0 1k"];
    const more = ["aio_flush", "aio_write -P 5 12k 512", "aio_write -z 0 4k", "aio_flush"];
    const args = ["-f", "raw", "-t", "writeback", server.uri];
    await runClientOk(
      "qemu-io",
      ...args,
      ...[...commands, ...more].flatMap((each) => ["-c", each]),
    );
    assertEquals((await server.stop()).code, 0);
    const { code, stdout } = await crash("log", log, "--base", base, "--no-save");
    assertEquals([code, stdout.trimEnd().split("\n").at(-1)], [0, "clean"], stdout);
  },
);

clientTest(
  "another format, recorded with overlapping requests, is checked by QEMU's tools, and shown by a script",
  ["qemu-io", "qemu-img"],
  async (dir) => {
    const base = `${dir}/base.vmdk`;
    await runClientOk("qemu-img", "create", "-q", "-f", "vmdk", base, "16M");
    const commands = ["aio_write -P 2 0 4k", "aio_write -P 3 1M 64k", "aio_flush"];
    const log = await record(dir, base, commands, "vmdk");
    const args = ["--base", base, "--format", "vmdk", "--save", `${dir}/found`];
    const { code, stdout } = await crash("log", log, ...args);
    assertEquals(code, 1, stdout);
    assertStringIncludes(stdout, "vmdk, log: corrupt");
    assertEquals(stdout.includes("overlapped a flush"), false, "the log says what overlapped");
    const script = `${dir}/found/vmdk-log-corrupt/show.sh`;
    assertStringIncludes(Deno.readTextFileSync(script), "is what an NBD server recorded");
    const shown = await new Deno.Command("sh", { args: [script], stdin: "null" }).output();
    assertEquals(shown.code, 0, new TextDecoder().decode(shown.stdout));
  },
);

/** The server with the clients that people use. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Image } from "../../../mod.ts";
import { clientTest, runClient, runClientOk, TestServer } from "./server_testing.ts";

const MIB = 2 ** 20;
const DISK = 8 * MIB;
const CLUSTER = 65_536;

function pattern(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, i) => (i * 7 + (i >> 9)) % 255 + 1);
}

/** An image with data in its first MiB and in its last cluster. Answers its path. */
async function makeImage(dir: string): Promise<string> {
  const path = `${dir}/disk.qed`;
  await using image = await Image.create(path, { sizeBytes: DISK });
  await image.write(0, pattern(MIB));
  await image.write(DISK - CLUSTER, pattern(CLUSTER));
  return path;
}

function contents(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DISK);
  bytes.set(pattern(MIB));
  bytes.set(pattern(CLUSTER), DISK - CLUSTER);
  return bytes;
}

/** What the guest sees, through the library. */
async function guestBytes(path: string): Promise<Uint8Array> {
  await using image = await Image.open(path);
  assertEquals(image.isDirty, false);
  return await image.read(0, Number(image.sizeBytes));
}

clientTest("nbdinfo learns all there is to know", ["nbdinfo"], async (dir) => {
  const path = await makeImage(dir);
  await using server = await TestServer.start(dir, "-x", "boot", "--read-only", path);
  const said = JSON.parse(await runClientOk("nbdinfo", "--json", server.uri));
  assertEquals([said.protocol, said.structured], ["newstyle-fixed", true]);
  const [disk] = said.exports;
  assertEquals(disk["export-size"], DISK);
  assertEquals(disk.description, path);
  assertEquals(disk.contexts, ["base:allocation"]);
  assertEquals([disk.is_read_only, disk.can_multi_conn, disk.can_df], [true, true, true]);
  assertEquals([disk.can_trim, disk.can_zero], [false, false]);
  assertEquals(disk.block_size_preferred, CLUSTER);
  const list = JSON.parse(await runClientOk("nbdinfo", "--json", "--list", server.uri));
  assertEquals(list.exports.map((each: { "export-name": string }) => each["export-name"]), [
    "boot",
  ]);
  const map = JSON.parse(await runClientOk("nbdinfo", "--json", "--map", server.uri));
  assertEquals(map, [
    { offset: 0, length: MIB, type: 0, description: "data" },
    { offset: MIB, length: DISK - MIB - CLUSTER, type: 3, description: "hole,zero" },
    { offset: DISK - CLUSTER, length: CLUSTER, type: 0, description: "data" },
  ]);
});

clientTest("a port is as good as a socket", ["nbdinfo", "qemu-io"], async (dir) => {
  const path = await makeImage(dir);
  await using server = await TestServer.start(dir, "--port", "0", path);
  assertMatch(server.uri, /^nbd:\/\/localhost:\d+$/);
  assertEquals(await runClientOk("nbdinfo", "--size", server.uri), `${DISK}\n`);
  await runClientOk("qemu-io", "-f", "raw", "-c", "write -P 8 0 4k", server.uri);
  assertEquals((await server.stop()).code, 0);
  assertEquals((await guestBytes(path)).subarray(0, 4096), new Uint8Array(4096).fill(8));
});

clientTest("nbdcopy copies an image out, and into another, with several connections", [
  "nbdcopy",
], async (dir) => {
  const path = await makeImage(dir);
  const copy = `${dir}/copy.raw`;
  {
    await using server = await TestServer.start(dir, "-r", path);
    await runClientOk("nbdcopy", "--connections=4", "--requests=16", server.uri, copy);
    assertEquals(Deno.readFileSync(copy), contents());
  }
  const fresh = `${dir}/fresh.qed`;
  await (await Image.create(fresh, { sizeBytes: DISK })).close();
  await using server = await TestServer.start(dir, fresh);
  await runClientOk("nbdcopy", "--connections=4", "--flush", copy, server.uri);
  const { code, stderr } = await server.stop();
  assertEquals([code, stderr], [0, ""]);
  assertEquals(await guestBytes(fresh), contents());
  assert(Deno.statSync(fresh).size < 3 * MIB, "zeroes were stored");
});

clientTest("qemu-io writes, zeroes, trims and flushes, and what it did is in the image", [
  "qemu-io",
  "qemu-img",
], async (dir) => {
  const path = await makeImage(dir);
  await using server = await TestServer.start(dir, path);
  const commands = [
    "write -P 5 100k 300k",
    "write -z 2M 1M",
    "write -zu 512 1k",
    "write -f -P 6 3000k 4k",
    "discard 512k 128k",
    "flush",
    "read -P 5 100k 300k",
    "read -P 0 512 1k",
    "read -P 0 512k 128k",
    "read -P 6 3000k 4k",
  ];
  const said = await runClientOk(
    "qemu-io",
    ...["-f", "raw", "-d", "unmap", server.uri],
    ...commands.flatMap((command) => ["-c", command]),
  );
  assertEquals(said.includes("Pattern verification failed"), false, said);
  const mapped = await runClientOk("qemu-img", "map", "--output=json", "-f", "raw", server.uri);
  assertStringIncludes(mapped, '"zero": true');
  const reference = `${dir}/reference.raw`;
  await runClientOk("qemu-img", "convert", "-f", "raw", "-O", "raw", server.uri, reference);
  assertEquals((await server.stop()).code, 0);
  const expected = contents();
  expected.fill(5, 100 * 1024, 400 * 1024);
  expected.fill(0, 2 * MIB, 3 * MIB);
  expected.fill(0, 512, 1536);
  expected.fill(6, 3000 * 1024, 3004 * 1024);
  expected.fill(0, 512 * 1024, 640 * 1024);
  assertEquals(await guestBytes(path), expected);
  assertEquals(Deno.readFileSync(reference), expected);
  assertMatch(
    (await runClient("qemu-img", "check", "-f", "qed", path)).stdout,
    /No errors|leaked clusters were found/,
  );
});

clientTest("qemu-img converts onto a raw file that is served as it is", [
  "qemu-img",
], async (dir) => {
  const path = await makeImage(dir);
  const raw = `${dir}/disk.raw`;
  Deno.writeFileSync(raw, new Uint8Array(DISK).fill(9));
  await using server = await TestServer.start(dir, "-f", "raw", raw);
  await runClientOk("qemu-img", "convert", "-n", "-f", "qed", "-O", "raw", path, server.uri);
  await server.stop();
  assertEquals(Deno.readFileSync(raw), contents());
});

for (const depth of [1, 16]) {
  clientTest(`fio finds again what it wrote, ${depth} requests at a time`, ["fio"], async (dir) => {
    const path = await makeImage(dir);
    await using server = await TestServer.start(dir, path);
    const said = await runClientOk(
      "fio",
      "--name=verify",
      "--ioengine=nbd",
      `--uri=${server.uri}`,
      "--rw=randwrite",
      "--bsrange=512-64k",
      `--size=${DISK}`,
      `--iodepth=${depth}`,
      "--verify=crc32c",
      "--do_verify=1",
      "--fsync=50",
      `--aux-path=${dir}`,
      "--output-format=json",
    );
    const [{ error, read, write }] = JSON.parse(said.slice(said.indexOf("{"))).jobs;
    assertEquals([error, read.io_bytes, write.io_bytes], [0, DISK, DISK]);
    const { code, stderr } = await server.stop();
    assertEquals([code, stderr], [0, ""]);
    await using image = await Image.open(path);
    assertEquals((await image.check()).corruptions, 0);
  });
}

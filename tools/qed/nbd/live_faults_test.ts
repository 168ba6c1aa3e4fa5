/** Storage that fails while clients are using it. */
import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { FAULTS } from "../../../harness/advanced.ts";
import { UsageError } from "../../kit/usage_error.ts";
import { filtered, MemoryStorage, type Operation, runSync } from "../../../lib/mod.ts";
import { Image } from "../../../mod.ts";
import { faultFilters, LIVE_FAULTS, parseFault } from "./live_faults.ts";
import { type ClientRun, clientTest, runClient, TestServer } from "./server_testing.ts";

/** Run commands of qemu-io against an image with faults. Answers what both sides said. */
async function withFault(
  dir: string,
  serve: readonly string[],
  commands: readonly string[],
): Promise<{ readonly client: ClientRun; readonly reported: string; readonly code: number }> {
  await using server = await TestServer.start(dir, ...serve);
  const args = ["-t", "writeback", "-f", "raw", server.uri];
  const client = await runClient("qemu-io", ...args, ...commands.flatMap((each) => ["-c", each]));
  const { code, stderr } = await server.stop();
  return { client, reported: stderr, code };
}

const CASES: readonly [fault: string, commands: string[], said: RegExp, reported: string][] = [
  [
    "write-fails:2",
    ["write 4k 4k", "write 0 4k"],
    /write failed: Input\/output error/,
    "write-fails: write of 4096 bytes at 0 (nbd)",
  ],
  [
    "write-fails-late",
    ["write 4k 4k", "read -P 205 4k 4k"],
    /^write failed: Input\/output error\nread 4096/,
    "write-fails-late: write of 4096 bytes at 4096 (nbd)",
  ],
  [
    "read-fails",
    ["read 0 4k", "read 0 4k"],
    /^read failed: Input\/output error\nread 4096/,
    "read-fails: read of 4096 bytes at 0 (nbd)",
  ],
  [
    "misdirected-write:2",
    ["write -P 1 0 4k", "write -P 2 4k 4k", "read -P 2 0 4k", "read -P 0 4k 4k"],
    /^(wrote.*\n.*\n){2}(read.*\n.*\n){2}$/,
    "misdirected-write: write of 4096 bytes at 4096 (nbd)",
  ],
  ["bit-rot", ["read -P 1 0 1", "read -P 0 1 1"], /^read.*\n.*\nread.*\n.*\n$/, "bit-rot: read of"],
  ["short-read", ["read -P 0 0 8k"], /^read 8192/, "short-read: read of 8192 bytes at 0 (nbd)"],
  ["short-write", ["write 0 8k", "read -P 205 0 8k"], /read 8192/, "short-write: write of"],
];

for (const [fault, commands, said, reported] of CASES) {
  clientTest(`--fault ${fault} reaches a client, and is reported`, ["qemu-io"], async (dir) => {
    const raw = `${dir}/disk.raw`;
    Deno.writeFileSync(raw, new Uint8Array(8192));
    const run = await withFault(dir, ["-f", "raw", "--fault", fault, raw], commands);
    assertMatch(run.client.stdout, said);
    assertEquals(run.client.stdout.includes("Pattern verification failed"), false);
    assertStringIncludes(run.reported, `qed nbd: ${reported}`);
    assertEquals(run.code, 0);
  });
}

clientTest("an image without room for growth fails its client, and stays consistent", [
  "qemu-io",
], async (dir) => {
  const path = `${dir}/disk.qed`;
  await (await Image.create(path, { sizeBytes: 2 ** 24 })).close();
  const commands = ["write -P 1 0 64k", "write -P 2 1M 64k", "flush", "read -P 2 1M 64k"];
  const { client, reported, code } = await withFault(
    dir,
    ["--fault", "growth-fails", path],
    commands,
  );
  assertMatch(client.stdout, /^write failed: No space left on device\nwrote 65536/);
  assertStringIncludes(reported, "qed nbd: growth-fails: write of");
  assertEquals(code, 0);
  await using image = await Image.open(path);
  assertEquals((await image.check()).corruptions, 0);
});

clientTest("a failed flush fails its client, and the image takes no more writes", [
  "qemu-io",
], async (dir) => {
  const path = `${dir}/disk.qed`;
  {
    await using image = await Image.create(path, { sizeBytes: 2 ** 24 });
    await image.write(0, new Uint8Array(65_536));
  }
  const commands = ["write 0 4k", "flush", "write 0 4k"];
  const { client, reported, code } = await withFault(
    dir,
    ["--fault", "flush-fails", path],
    commands,
  );
  assertMatch(client.stdout, /write failed: Input\/output error/);
  assertStringIncludes(reported, "qed nbd: flush-fails: flush");
  assertEquals([client.code, code], [1, 1], "neither ends as if all was well");
});

Deno.test("faults are asked for by name and number", () => {
  for (const name of [...Object.keys(FAULTS), "bit-rot"]) {
    assertEquals(parseFault(name), { fault: LIVE_FAULTS[name], nth: 1 });
  }
  assertEquals(parseFault("flush-fails:12").nth, 12);
  for (
    const bad of ["", "no-such", "toString", "flush-fails:0", "flush-fails:", "flush-fails:1:2"]
  ) {
    assertThrows(() => parseFault(bad), UsageError, "--fault");
  }
});

Deno.test("each fault happens once, to the request that was named", () => {
  const reported: string[] = [];
  const filters = faultFilters(
    [parseFault("short-read:2"), parseFault("bit-rot:3")],
    (message) => reported.push(message),
  );
  const file = new MemoryStorage(new Uint8Array(100));
  function* reads(): Operation<void> {
    for (const offsetBytes of [0, 10, 20, 30]) {
      yield { kind: "read", file: 0, offsetBytes, into: new Uint8Array(10), label: "data" };
    }
  }
  runSync(filtered(reads(), ...filters), [file]);
  // The rest of the short read is the third one.
  assertEquals(reported, [
    "short-read: read of 10 bytes at 10 (data)",
    "bit-rot: read of 5 bytes at 15 (data)",
  ]);
  assertEquals([...file.toBytes()].map((byte, i) => byte && i).filter(Boolean), [15]);
});

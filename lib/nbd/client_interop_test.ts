/** The client with other people's servers. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { optionalTest } from "../../test_support/optional.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { NbdClient, type NbdClientOptions } from "./client.ts";
import {
  NbdConnectError,
  NbdDisconnectedError,
  NbdRequestError,
  NbdTimeoutError,
} from "./client_error.ts";
import type { DiskExtent } from "./served_disk.ts";

const MIB = 2 ** 20;
/** Enough for a machine that is busy with other tests. */
const START_MS = 20_000;

/** A server that runs until it is disposed of. */
class Server implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #socketPath: string;

  constructor(dir: string, program: string, args: (socketPath: string) => string[]) {
    this.#socketPath = `${dir}/nbd.sock`;
    this.#child = new Deno.Command(program, {
      args: args(this.#socketPath),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Connect, as soon as it listens. */
  async connect(options?: NbdClientOptions): Promise<NbdClient> {
    const start = performance.now();
    for (;;) {
      try {
        return await NbdClient.connect({ kind: "socket", path: this.#socketPath }, options);
      } catch (error) {
        const isStarting = (error as Error).cause instanceof Deno.errors.NotFound ||
          (error as Error).cause instanceof Deno.errors.ConnectionRefused;
        if (!isStarting || performance.now() - start > START_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill();
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
  }
}

function missing(program: string): string | undefined {
  try {
    new Deno.Command(program, { args: ["--version"], stdout: "null" }).outputSync();
    return undefined;
  } catch {
    return `${program} is not in PATH (Debian: qemu-utils, nbdkit)`;
  }
}

function serverTest(program: string, name: string, body: (dir: string) => Promise<void>): void {
  optionalTest({
    name: `${program}: ${name}`,
    missing: missing(program),
    body: () => inTempDir(body),
  });
}

const nbdkit = (...args: string[]) => (socketPath: string) => [
  "--foreground",
  "--unix",
  socketPath,
  ...args,
];

const pattern = (length: number) => new Uint8Array(length).map((_, i) => i % 251 + 1);

async function extentsOf(client: NbdClient, length: number): Promise<DiskExtent[]> {
  return await Array.fromAsync(client.extents(0, length));
}

/** Write, discard and read again, in ranges that fit no block. */
async function useDisk(client: NbdClient): Promise<void> {
  assertEquals([client.sizeBytes, client.isWritable], [BigInt(4 * MIB), true]);
  const bytes = pattern(MIB + 77);
  await client.write(4097, bytes, { isForced: client.canForceWrites });
  await client.writeZeroes(8192, 4096, { keepsSpace: true });
  bytes.fill(0, 4095, 8191);
  await client.flush();
  await client.trim(3 * MIB, 65_536);
  const reads = Array.from({ length: 64 }, (_, i) => new Uint8Array(3000 + i));
  await Promise.all(reads.map((into, i) => client.read(4097 + i * 1000, into)));
  reads.forEach((into, i) => assertEquals(into, bytes.slice(i * 1000, i * 1000 + 3000 + i)));
  const all = new Uint8Array(4 * MIB).fill(9);
  await client.read(0, all);
  assertEquals(all.subarray(4097, 4097 + bytes.length), bytes);
  assert(all.subarray(2 * MIB, 3 * MIB).every((byte) => byte === 0));
}

for (const replies of ["simple", "structured"] as const) {
  serverTest("qemu-nbd", `a disk with ${replies} replies`, async (dir) => {
    Deno.writeFileSync(`${dir}/disk.raw`, new Uint8Array(4 * MIB));
    const args = (socketPath: string) => ["-f", "raw", "-k", socketPath, `${dir}/disk.raw`];
    await using server = new Server(dir, "qemu-nbd", args);
    await using client = await server.connect({ replies });
    await useDisk(client);
    assertEquals(client.canListExtents, replies === "structured");
    const past = client.read(4 * MIB, new Uint8Array(512));
    await assertRejects(() => past, NbdRequestError, "Invalid argument");
  });

  serverTest("nbdkit", `a disk with ${replies} replies`, async (dir) => {
    await using server = new Server(dir, "nbdkit", nbdkit("memory", "4M"));
    await using client = await server.connect({ replies });
    await useDisk(client);
  });
}

serverTest("nbdkit", "extents are what the server describes", async (dir) => {
  const data = "data=@1048576 0x1*65536 @3145728 0x2*32768";
  await using server = new Server(dir, "nbdkit", nbdkit("data", data, "size=4M"));
  await using client = await server.connect();
  const extents = await extentsOf(client, 4 * MIB);
  const kinds = extents.map(({ lengthBytes, isZero }) => [lengthBytes / 1024, isZero]);
  assertEquals(kinds, [[1024, true], [64, false], [1984, true], [32, false], [992, true]]);
});

serverTest("nbdkit", "errors come in the server's words", async (dir) => {
  const filter = ["--filter=error", "memory", "4M", "error-pread=EIO", "error-pread-rate=100%"];
  await using server = new Server(dir, "nbdkit", nbdkit(...filter));
  await using client = await server.connect();
  await client.write(0, pattern(512));
  await assertRejects(
    () => client.read(0, new Uint8Array(512)),
    NbdRequestError,
    "Cannot read 512 bytes at 0: Input/output error",
  );
  await client.flush();
});

serverTest("nbdkit", "an export that it does not have is refused", async (dir) => {
  const filter = [
    "--filter=exportname",
    "memory",
    "4M",
    "exportname=one",
    "exportname-strict=true",
  ];
  await using server = new Server(dir, "nbdkit", nbdkit(...filter));
  await assertRejects(() => server.connect({ exportName: "two" }), NbdConnectError, "'two'");
  await using client = await server.connect({ exportName: "one" });
  assertEquals(client.sizeBytes, BigInt(4 * MIB));
});

serverTest("nbdkit", "a read that takes too long is given up", async (dir) => {
  await using server = new Server(
    dir,
    "nbdkit",
    nbdkit("--filter=delay", "memory", "4M", "delay-read=60"),
  );
  await using client = await server.connect({ timeoutMs: 1000 });
  await client.write(0, pattern(512));
  const read = client.read(0, new Uint8Array(512));
  await assertRejects(
    () => read,
    NbdTimeoutError,
    "Cannot read 512 bytes at 0: no answer in 1000 ms",
  );
});

serverTest("nbdkit", "a server that is killed is noticed at once", async (dir) => {
  await using server = new Server(
    dir,
    "nbdkit",
    nbdkit("--filter=delay", "memory", "4M", "delay-read=60"),
  );
  await using client = await server.connect();
  const read = client.read(0, new Uint8Array(512));
  await client.write(0, pattern(512));
  server.kill();
  await assertRejects(() => read, NbdDisconnectedError, "The server has closed");
});

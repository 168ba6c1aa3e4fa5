/** `qed nbd` as users run it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { COMMAND, MAGIC, OPTION } from "../../../lib/nbd/protocol.ts";
import { Image } from "../../../mod.ts";
import { runNbd } from "./server_testing.ts";

const MAIN = new URL("../../powercut.ts", import.meta.url).pathname;
const MIB = 2 ** 20;

async function makeImage(dir: string): Promise<string> {
  const path = `${dir}/disk.qed`;
  await (await Image.create(path, { sizeBytes: MIB })).close();
  return path;
}

Deno.test("what makes no sense is refused, and nothing is touched", () =>
  inTempDir(async (dir) => {
    const path = await makeImage(dir);
    const raw = `${dir}/disk.raw`;
    Deno.writeFileSync(raw, new Uint8Array(512));
    Deno.writeTextFileSync(`${dir}/log`, "precious");
    const before = Deno.readFileSync(path);
    const socket = ["-k", `${dir}/s`];
    const cases: [string[], number, string][] = [
      [[], 2, "missing operand IMAGE"],
      [["-p", "70000", path], 2, "--port must be a whole number from 0 to 65535"],
      [["-p", "x", path], 2, "not 'x'"],
      [["-p", "1", ...socket, path], 2, "--socket cannot be combined with"],
      [["-e", "0", ...socket, path], 2, "--connections must be a whole number from 1"],
      [["--grow", ...socket, path], 2, "--grow needs -f raw"],
      [["--grow", "-r", "-f", "raw", ...socket, raw], 2, "--grow needs -f raw"],
      [["--fault", "x", ...socket, path], 2, "must be one of read-fails"],
      [["--record", `${dir}/log`, ...socket, `${dir}/none`], 1, "No such file"],
      [[...socket, raw], 1, "to write to it, name the format: raw"],
      [["-k", `${dir}/none/s`, path], 1, "Could not listen at"],
      [["-k", raw, path], 1, "Address already in use"],
    ];
    for (const [args, expected, message] of cases) {
      const { code, stderr } = await runNbd(args);
      assertEquals([code, args], [expected, args], stderr);
      assertStringIncludes(stderr, message);
    }
    assertEquals(Deno.readFileSync(path), before);
    assertEquals(Deno.readTextFileSync(`${dir}/log`), "precious");
  }));

Deno.test("it says where it is, and its help has the faults", () =>
  inTempDir(async (dir) => {
    const path = await makeImage(dir);
    const { code, stdout } = await runNbd(["-p", "0", path]);
    assertEquals(code, 0);
    const said = `Serving '${path}' (qed, 1048576 bytes) at nbd://localhost:`;
    assertStringIncludes(stdout, said);
    assertEquals((await runNbd(["-q", "-p", "0", path])).stdout, "");
    const help = (await runNbd(["--help"])).stdout;
    for (const part of ["--record LOG", "flush-fails", "bit-rot", "SIGTERM"]) {
      assertStringIncludes(help, part);
    }
    for (const line of help.split("\n")) assert(line.length <= 92, line);
  }));

/** Negotiate by hand, and write to the first sector with a bit of trust in the server. */
function writeScript(): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 + 16 + 28 + 512));
  bytes.setUint32(0, 3);
  bytes.setBigUint64(4, MAGIC.OPTION);
  bytes.setUint32(12, OPTION.EXPORT_NAME);
  bytes.setUint32(20, MAGIC.REQUEST);
  bytes.setUint16(26, COMMAND.WRITE);
  bytes.setUint32(44, 512);
  new Uint8Array(bytes.buffer).fill(7, 48);
  return new Uint8Array(bytes.buffer);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends it with a clean image, no socket, and the client's write in the image`, () =>
    inTempDir(async (dir) => {
      const path = await makeImage(dir);
      const socket = `${dir}/nbd.sock`;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--frozen", MAIN, "qed", "nbd", "--socket", socket, path],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const stdout = child.stdout.getReader();
      await stdout.read(); // it serves
      using client = await Deno.connect({ transport: "unix", path: socket });
      await client.write(writeScript());
      const into = new Uint8Array(100);
      // Greeting, export, and the reply to the write.
      for (let taken = 0; taken < 18 + 10 + 16;) taken += await client.read(into) ?? 100;
      child.kill(signal);
      assertEquals(await client.read(into), null);
      await stdout.cancel();
      const stderr = await new Response(child.stderr).text();
      assertEquals([(await child.status).code, stderr], [0, ""]);
      assertEquals(Array.from(Deno.readDirSync(dir), ({ name }) => name), ["disk.qed"]);
      await using image = await Image.open(path);
      assert(!image.isDirty);
      assertEquals(await image.read(0, 513), new Uint8Array(513).fill(7, 0, 512));
    }));
}

/** The tool as users run it: a process with an exit code, pipes and signals. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { smallImage } from "../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";

const MAIN = new URL("../powercut.ts", import.meta.url).pathname;

function command(args: readonly string[], options: Deno.CommandOptions = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", MAIN, "qed", ...args],
    stdin: "null",
    ...options,
  });
}

async function run(...args: string[]): Promise<[number, string, string]> {
  const { code, stdout, stderr } = await command(args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return [code, text(stdout), text(stderr)];
}

const names = (dir: string) => Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();

Deno.test("exit codes and streams are those of the command", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    assertEquals((await run("--help"))[0], 0);
    assertEquals(await run("create", "-q", path, "1M"), [0, "", ""]);
    const { builder } = smallImage();
    builder.addClusters(1);
    builder.save(path);
    const [code, stdout, stderr] = await run("check", path);
    assertEquals([code, stderr], [3, ""]);
    assertStringIncludes(stdout, "1 leaked clusters were found");
    const [usage, , complaint] = await run("check", "--repiar", path);
    assertEquals(usage, 2);
    assertMatch(
      complaint,
      /^qed check: unknown option '--repiar' \(did you mean '--repair'\?\)\nTry '.* qed check --help'\.\n$/,
    );
    const [failed, , reason] = await run("info", `${dir}/none`);
    assertEquals([failed, reason], [
      1,
      `qed info: Could not open '${dir}/none': No such file or directory\n`,
    ]);
  }));

Deno.test("bytes go through pipes as they are", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    await run("create", "-q", path, "1M");
    const child = command(["write", path, "777"], { stdin: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(bytes);
    await writer.close();
    assertEquals((await child.status).code, 0);
    const { stdout } = await command(["read", path, "777", "60000"]).output();
    assertEquals(stdout, bytes);
  }));

Deno.test("a reader that goes away ends it without a word", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    await run("create", "-q", path, "64M");
    const child = command(["read", path, "0", "64M"], { stdout: "piped", stderr: "piped" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, stderr], [1, ""]);
  }));

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} in the middle of a conversion leaves nothing behind`, () =>
    inTempDir(async (dir) => {
      // Mostly holes for the file system, all data for the conversion.
      using disk = Deno.openSync(`${dir}/disk.raw`, { write: true, create: true });
      const bytes = 2 ** 31;
      for (let at = 0; at < bytes; at += 2 ** 18) {
        disk.seekSync(at, Deno.SeekMode.Start);
        disk.writeSync(new Uint8Array([1]));
      }
      Deno.writeTextFileSync(`${dir}/target`, "precious");
      const child = command(["convert", "-O", "qed", `${dir}/disk.raw`, `${dir}/target`]).spawn();
      let isOver = false;
      const ended = child.status.finally(() => isOver = true);
      while (names(dir).length < 3 && !isOver) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assertEquals(isOver, false, "it was over too soon");
      child.kill(signal);
      const status = await ended;
      assertEquals(status.code, code);
      assertEquals(names(dir), ["disk.raw", "target"]);
      assertEquals(Deno.readTextFileSync(`${dir}/target`), "precious");
    }));
}

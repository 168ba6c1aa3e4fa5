/** Signals and full disks, as they come to a process. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { optionalTest } from "../../test_support/optional.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "./run_testing.ts";

const MAIN = new URL("../powercut.ts", import.meta.url).pathname;
const RUN = [Deno.execPath(), "run", "-A", "--frozen", MAIN, "qed"];

/** Wait until a program has come so far, and is not at its end. */
async function until(hasHappened: () => boolean, child: Deno.ChildProcess): Promise<void> {
  let isOver = false;
  child.status.finally(() => isOver = true);
  while (!hasHappened() && !isOver) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(isOver, false, "it was over too soon");
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} in the middle of a write leaves a clean image and says so`, () =>
    inTempDir(async (dir) => {
      const path = `${dir}/a.qed`;
      await runQedOk("create", "-q", path, "1T");
      const before = Deno.statSync(path).size;
      const child = new Deno.Command(RUN[0], {
        args: [...RUN.slice(1), "write", path, "0", "-P", "1", "-l", "1T"],
        stdin: "null",
        stderr: "piped",
      }).spawn();
      await until(() => Deno.statSync(path).size > before + 4 * 2 ** 20, child);
      child.kill(signal);
      const stderr = await new Response(child.stderr).text();
      assertEquals((await child.status).code, code);
      assertStringIncludes(stderr, `qed write: Interrupted; '${path}' is consistent`);
      await runQedOk("check", "-q", path);
      const { stdoutBytes } = await runQed(["read", path, "0", "4M"]);
      assertEquals(stdoutBytes, new Uint8Array(4 * 2 ** 20).fill(1));
    }));
}

/** Why files cannot be kept from growing here, or undefined if they can. */
function missingLimit(): string | undefined {
  if (Deno.build.os === "windows") return "there is no ulimit";
  const { success } = new Deno.Command("sh", { args: ["-c", "ulimit -f 10"] }).outputSync();
  return success ? undefined : "ulimit -f fails";
}

/** Run the tool where no file can be larger than so many KiB: as good as a full disk. */
async function runLimited(maxKiB: number, args: readonly string[]): Promise<[number, string]> {
  // The signal that comes with it would end the program before it sees the error.
  const script = `trap '' XFSZ; ulimit -f ${maxKiB * 2}; exec "$@"`;
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...RUN, ...args],
    stdin: "null",
  }).output();
  return [code, new TextDecoder().decode(stderr)];
}

const missing = missingLimit();
const test = (name: string, body: (dir: string) => Promise<void>) =>
  optionalTest({ name, missing, body: () => inTempDir(body) });

const MiB = 2 ** 20;

test("a conversion that does not fit leaves its source and its target's name alone", async (dir) => {
  const source = new Uint8Array(3 * MiB).fill(1);
  Deno.writeFileSync(`${dir}/a.raw`, source);
  Deno.writeTextFileSync(`${dir}/target`, "precious");
  for (
    const args of [
      ["convert", "-O", "qed", `${dir}/a.raw`, `${dir}/target`],
      ["dd", `if=${dir}/a.raw`, `of=${dir}/target`],
    ]
  ) {
    const [code, stderr] = await runLimited(1024, args);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "File too large");
    assertEquals(Deno.readTextFileSync(`${dir}/target`), "precious");
    assertEquals(Array.from(Deno.readDirSync(dir), ({ name }) => name).sort(), ["a.raw", "target"]);
  }
  assertEquals(Deno.readFileSync(`${dir}/a.raw`), source);
});

test("what is changed in place and does not fit can be recovered, and loses nothing", async (dir) => {
  const base = `${dir}/base.raw`;
  const path = `${dir}/a.qed`;
  const expected = new Uint8Array(3 * MiB).fill(1);
  Deno.writeFileSync(base, expected);
  await runQedOk("snapshot", "-q", "-f", "raw", base, path);
  await runQedOk("write", path, "1M", "-P", "2", "-l", "64k");
  expected.fill(2, MiB, MiB + 65_536);
  // The image has 13 clusters of 64 KiB: it cannot take in what is behind it.
  for (const args of [["stream", path], ["rebase", "-b", "", path]]) {
    const [code, stderr] = await runLimited(2048, args);
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "File too large");
    await runQedOk("check", "-q", "-r", "all", path);
    assertEquals((await runQed(["read", path, "0", "3M"])).stdoutBytes, expected);
    assertEquals(Deno.readFileSync(base), new Uint8Array(3 * MiB).fill(1));
  }
});

test("a commit that does not fit leaves everything in the image", async (dir) => {
  const base = `${dir}/base.qed`;
  const path = `${dir}/a.qed`;
  await runQedOk("create", "-q", base, "4M");
  await runQedOk("snapshot", "-q", base, path);
  await runQedOk("write", path, "0", "-P", "2", "-l", "3M");
  const [code, stderr] = await runLimited(1024, ["commit", path]);
  assertEquals(code, 1, stderr);
  assertStringIncludes(stderr, "File too large");
  const expected = new Uint8Array(4 * MiB).fill(2, 0, 3 * MiB);
  assertEquals((await runQed(["read", path, "0", "4M"])).stdoutBytes, expected);
  await runQedOk("check", "-q", "-r", "all", base);
  assert((await runQed(["commit", path])).code === 0, "there is room now");
  assertEquals((await runQed(["read", base, "0", "4M"])).stdoutBytes, expected);
});

/** Mounts a file system of a mebibyte in a folder, for as long as a script runs. */
function onSmallDisk(folder: string, script: string, args: readonly string[] = []) {
  const mount = `mount -t tmpfs -o size=1m tmpfs "$1" && shift && ${script}`;
  return new Deno.Command("unshare", {
    args: ["-rm", "sh", "-c", mount, "sh", folder, ...args],
    stdin: "null",
  });
}

/** Why no file system can be mounted here, or undefined if one can. */
function missingMount(): string | undefined {
  try {
    const { success } = onSmallDisk("/tmp", "true").outputSync();
    return success ? undefined : "unshare -rm cannot mount a tmpfs";
  } catch {
    return "there is no unshare";
  }
}

optionalTest({
  name: "on a disk that is really full a stream stops, and can be recovered",
  missing: missingMount(),
  body: () =>
    inTempDir(async (dir) => {
      for (const folder of ["small", "out"]) Deno.mkdirSync(`${dir}/${folder}`);
      const base = new Uint8Array(1536 * 1024).fill(1);
      Deno.writeFileSync(`${dir}/base.raw`, base);
      await runQedOk("snapshot", "-q", "-f", "raw", `${dir}/base.raw`, `${dir}/a.qed`);
      await runQedOk("write", `${dir}/a.qed`, "64k", "-P", "2", "-l", "64k");
      const script = 'cp "$1/a.qed" "$1/small" && shift && "$@"; code=$?; ' +
        `cp "${dir}/small/a.qed" "${dir}/out" && exit $code`;
      const args = [dir, ...RUN, "stream", `${dir}/small/a.qed`];
      const { code, stderr } = await onSmallDisk(`${dir}/small`, script, args).output();
      assertStringIncludes(new TextDecoder().decode(stderr), "No space left on device");
      assertEquals(code, 1);
      const path = `${dir}/out/a.qed`;
      await runQedOk("check", "-q", "-r", "all", path);
      const { stdoutBytes } = await runQed(["read", path, "0", String(base.length)]);
      assertEquals(stdoutBytes, base.fill(2, 65_536, 131_072));
    }),
});

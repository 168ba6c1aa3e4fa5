/** Implementations that are bad in one way each: the kit must notice. */
import { assertEquals } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { InProcessRunner, resultsOf, writeAdapter } from "./kit_testing.ts";
import type { CommandRunner, ProcessOutcome } from "../kit/process_outcome.ts";

/** What of a run is not as it must be: names and findings. */
async function failures(args: readonly string[], runner?: CommandRunner) {
  const { results, code } = await resultsOf(args, runner ? { runner } : {});
  const failed = results.filter(({ status }) => status === "failed");
  assertEquals(code, failed.length > 0 ? 1 : 0);
  return failed.map(({ name, found }) => [name, found]);
}

/** An adapter whose commands are all the same shell script. */
function scriptAdapter(dir: string, script: string, commands: readonly string[]): string {
  const run = ["sh", "-c", script, "sh", "{image}"];
  return writeAdapter(dir, {
    commands: Object.fromEntries(commands.map((name) => [name, {
      run: name === "contents" ? [...run, "{output}"] : run,
      ...(name === "check" && { exit: { "0": "clean", "1": "failed" } }),
      ...(name === "open" && { keys: { cluster_size: "size" } }),
    }])),
  });
}

Deno.test("one that accepts everything", () =>
  inTempDir(async (dir) => {
    const adapter = writeAdapter(dir, { commands: { open: { run: ["true"] } } });
    const found = await failures(["--adapter", adapter, "--only", "header/cluster_size"]);
    assertEquals(found.length, 11);
    assertEquals(new Set(found.map(([, what]) => what)), new Set(["opens"]));
  }));

Deno.test("one that refuses everything", () =>
  inTempDir(async (dir) => {
    const adapter = scriptAdapter(dir, "exit 1", ["open", "check", "contents"]);
    const found = await failures(["--adapter", adapter, "--only", "image/empty"]);
    assertEquals(found, [
      ["image/empty: open", "refused"],
      ["image/empty: check", "failed instead of clean"],
      ["image/empty: contents", "refused"],
    ]);
  }));

for (
  const [what, script, found] of [
    ["hangs", "sleep 600", "it ran for more than 1 seconds"],
    ["hangs in what it started", "sleep 600 | cat", "it ran for more than 1 seconds"],
    ["prints garbage", "echo '{\"size\": 4096'", "prints no JSON"],
    [
      "prints something else",
      "echo '[{\"size\": 4096}]'",
      "cluster_size undefined instead of 4096",
    ],
    ["prints without end", "yes", "it printed more than 16777216 bytes"],
    ["crashes", "kill -SEGV $$", "crashed: SIGSEGV"],
    ["crashes behind a shell", "exit 139", "crashed: exit code 139"],
    ["writes to what it looks at", 'echo >> "$1"', "it has written to image.qed"],
    ["removes what it looks at", 'rm "$1"', "it has written to image.qed"],
  ] as const
) {
  Deno.test(`one that ${what}`, () =>
    inTempDir(async (dir) => {
      const adapter = scriptAdapter(dir, script, ["open"]);
      const args = ["--adapter", adapter, "--only", "image/empty: open"];
      // Nothing else may fail for being slow.
      const limit = script.startsWith("sleep") ? ["--seconds", "1"] : [];
      assertEquals(await failures([...args, ...limit]), [["image/empty: open", found]]);
    }));
}

Deno.test("one that writes no output, one that writes too little of it", () =>
  inTempDir(async (dir) => {
    const run = async (script: string) => {
      const adapter = scriptAdapter(dir, script, ["contents"]);
      const found = await failures(["--adapter", adapter, "--only", "image/empty: contents"]);
      return found[0][1];
    };
    assertEquals(await run("true"), "writes no file");
    assertEquals(await run('echo > "$2"'), "the disk has 1 bytes instead of 1048576");
  }));

Deno.test("one that is not there", () =>
  inTempDir(async (dir) => {
    const adapter = writeAdapter(dir, { commands: { open: { run: ["./no-such-program"] } } });
    const found = await failures(["--adapter", adapter, "--only", "image/empty: open"]);
    assertEquals(`${found[0][1]}`.startsWith("cannot be run: "), true);
  }));

Deno.test("our tool, wrong about one field", async () => {
  const runner = new InProcessRunner((_, outcome) => replaced(outcome, "4096,", "8192,"));
  const found = await failures(["--adapter", "qed", "--only", "image/zero clusters"], runner);
  assertEquals(found, [
    ["image/zero clusters: open", "cluster_size 8192 instead of 4096"],
    ["image/zero clusters: map", "range 2 is 20480+8192 absent instead of 20480+4096 absent"],
  ]);
});

function replaced(outcome: ProcessOutcome, from: string, to: string): ProcessOutcome {
  if (outcome.kind !== "exited") return outcome;
  const text = new TextDecoder().decode(outcome.stdout).replaceAll(from, to);
  return { ...outcome, stdout: new TextEncoder().encode(text) };
}

Deno.test("our tool, with another error than it must give", async () => {
  const runner = new InProcessRunner((_, outcome) => ({
    ...outcome,
    stderr: outcome.stderr.replace("offset 4", "offset 8"),
  }));
  assertEquals(await failures(["--adapter", "qed", "--only", "cluster_size = 0: open"], runner), [[
    "header/cluster_size = 0: open",
    'refused, but not with "cluster_size at offset 4 is 0"',
  ]]);
});

/** Our tool, after which a few bytes of the image, or of another file, are changed. */
function spoiling(command: string, change: (file: string) => string, at: number, hex: string) {
  return new InProcessRunner((words, outcome) => {
    const image = words.find((word) => word.endsWith("/image.qed"));
    if (words[0] !== command || image === undefined) return outcome;
    using file = Deno.openSync(change(image), { write: true });
    file.seekSync(at, Deno.SeekMode.Start);
    file.writeSync(Uint8Array.fromHex(hex));
    return outcome;
  });
}

const image = (path: string) => path;
const output = (path: string) => path.replace("image.qed", "output");
const base = (path: string) => path.replace("image.qed", "base.raw");

for (
  const [what, test, [command, file, at, hex], found] of [
    ["a wrong byte", "image/zero clusters: contents", ["convert", output, 5000, "00"], [
      "byte 5000 of the disk is 0x00 instead of 0xa1",
    ]],
    ["zeroes for the end", "image/three L2 tables, the first one last: contents", [
      ...["convert", output] as const,
      ...[8392703, "00"] as const,
    ], ["byte 8392703 of the disk is 0x00 instead of 0x33"]],
    ["lost compatible bits", "image/unknown compatible bits: write", ["write", image, 24, "00"], [
      "compat_features 9223372036854775808 instead of 9223372036854775812",
    ]],
    ["kept autoclear bits", "image/unknown autoclear bits: write", ["write", image, 32, "01"], [
      "autoclear_features 1 instead of 0",
    ]],
    ["a kept mark", "dirty/nothing is wrong: repair", ["check", image, 16, "02"], [
      "features 2 instead of 0",
    ]],
    ["a dangling entry", "image/zero clusters: write", ["write", image, 12328, "0000ff"], [
      "1 corruptions",
    ]],
    ["other data", "image/zero clusters: write", ["write", image, 20481, "ff"], [
      "byte 1 of the disk is 0xff instead of 0xa0",
    ]],
    ["a changed backing file", "backing/a raw file of the same size: write", [
      ...["write", base] as const,
      ...[40000, "ff"] as const,
    ], ["byte 40000 of the disk is 0xff instead of 0xb0"]],
    ["no image at all", "create/one sector: write", ["write", image, 0, "00"], [
      "not readable: Could not open 'image': magic at offset 0 is 4474112: must be 4474193 " +
      '("QED\\0")',
    ]],
  ] as const
) {
  Deno.test(`our tool, leaving ${what}`, async () => {
    const runner = spoiling(command, file, at, hex);
    const args = ["--adapter", "qed", "--only", test];
    assertEquals(await failures(args, runner), [[test, ...found]]);
    assertEquals(await failures(args, new InProcessRunner()), []);
  });
}

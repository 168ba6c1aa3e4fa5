/** The kit itself, run on this library's tool and on QEMU's. */
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "@std/fs";
import { IS_LONG, sized } from "../../test_support/long.ts";
import { qemuTest } from "../../test_support/qemu.ts";
import { isRunning } from "../../test_support/is_running.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { parseAdapter } from "./adapter.ts";
import { documentedResults } from "./document.ts";
import { InProcessRunner, resultsOf, runKit, writeAdapter } from "./kit_testing.ts";
import { assertWellFormed } from "./xml_testing.ts";

const MAIN = new URL("../powercut.ts", import.meta.url).pathname;

Deno.test("our tool makes of every image what must be made of it", async () => {
  const only = sized({ short: ["--only", "table/*"], long: [] });
  const result = await resultsOf(["--adapter", "qed", ...only], { runner: new InProcessRunner() });
  assertEquals(result.results.filter(({ status }) => status !== "passed"), []);
  assertEquals(result.results.length > sized({ short: 100, long: 500 }), true);
  assertEquals(result.code, 0);
});

Deno.test("as processes, some of the same, with a report for machines", () =>
  inTempDir(async (dir) => {
    const report = `${dir}/results.xml`;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--frozen", MAIN, "conformance", "--adapter", "qed"],
        ...["--only", "dirty/an entry", "--junit", report],
      ],
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals([code, text], [
      0,
      "case                                qed\n" +
      "----------------------------------  ----\n" +
      "dirty/an entry without its cluster  pass\n\n" +
      "qed: 5 passed, 0 failed\n",
    ]);
    const xml = Deno.readTextFileSync(report);
    assertWellFormed(xml);
    assertStringIncludes(xml, 'tests="5" failures="0" errors="0" skipped="0"');
  }));

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} ends it, and all that it has started`, () =>
    inTempDir(async (dir) => {
      const script = `echo $$ > ${dir}/pid.new; mv ${dir}/pid.new ${dir}/pid; sleep 600; true`;
      const adapter = writeAdapter(dir, { commands: { open: { run: ["sh", "-c", script] } } });
      Deno.mkdirSync(`${dir}/tmp`);
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--frozen",
          MAIN,
          "conformance",
          "--adapter",
          adapter,
          "--only",
          "image/empty: open",
        ],
        env: { TMPDIR: `${dir}/tmp` },
        stdin: "null",
      }).spawn();
      while (!existsSync(`${dir}/pid`, { isFile: true })) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      child.kill(signal);
      assertEquals((await child.status).code, code);
      assertEquals([...Deno.readDirSync(`${dir}/tmp`)], []);
      const pid = Deno.readTextFileSync(`${dir}/pid`).trim();
      for (let i = 0; i < 10_000 && isRunning(pid); i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assertEquals(isRunning(pid), false);
    }));
}

/** The results of QEMU on the tests that `only` names, and those in docs/conformance.md, as lines. */
async function qemuResults(...only: string[]): Promise<{ actual: string[]; documented: string[] }> {
  const { code, stdout, stderr } = await runKit(["--adapter", "qemu-img", "--markdown", ...only]);
  assertEquals([code, stderr], [0, ""]);
  return { actual: stdout.trim().split("\n"), documented: documentedResults().split("\n") };
}

const AGAIN = "docs/conformance.md says how to write it again";

qemuTest("QEMU makes of dirty images what docs/conformance.md says", async () => {
  const { actual, documented } = await qemuResults("--only", "dirty/*");
  const dirty = (lines: string[]) => lines.filter((line) => line.startsWith("| dirty/"));
  assertNotEquals(dirty(actual), []);
  assertEquals(dirty(actual), dirty(documented), AGAIN);
});

if (IS_LONG) {
  qemuTest("QEMU makes of every image what docs/conformance.md says", async () => {
    const { actual, documented } = await qemuResults();
    assertEquals(documented.filter((line) => !actual.includes(line)), [], AGAIN);
    assertEquals(actual, documented, AGAIN);
  });
}

Deno.test("the adapter in the documentation is one", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/conformance.md", import.meta.url));
  const example = /```json\n(.*?)```/s.exec(text)?.[1] ?? "";
  const { name, commands, lacks } = parseAdapter(example, "docs/conformance.md");
  assertEquals([name, Object.keys(commands), lacks], [
    "my-qed",
    ["open", "check", "contents"],
    ["rfc layout"],
  ]);
});

Deno.test("the list has every test and what must come out", async () => {
  const { code, stdout } = await runKit(["--list", "--only", "leak/*: check"]);
  assertEquals([code, stdout.split("\n")[0]], [
    0,
    "leak/two clusters at the end: check: 2 leaks  " +
    "(what a power cut leaves of allocations that never counted)",
  ]);
});

Deno.test("progress is shown on a terminal, and only there", async () => {
  const run = (isTerminal: boolean) =>
    runKit(["--adapter", "qed", "--only", "image/empty: open"], {
      isTerminal,
      runner: new InProcessRunner(),
    });
  assertEquals((await run(true)).stderr, "qed: 1 of 1 tests\x1b[K\r\x1b[K");
  assertEquals((await run(false)).stderr, "");
});

Deno.test("all files can be had", () =>
  inTempDir(async (dir) => {
    assertEquals((await runKit(["--export", dir])).code, 0);
    const { size } = Deno.statSync(`${dir}/image/empty/image.qed`);
    assertEquals(size, 12288);
    assertEquals(Deno.readFileSync(`${dir}/backing/a-raw-file-of-the-same-size/base.raw`)[9], 0xb0);
  }));

for (
  const [args, complaint] of [
    [["--adapter", "qmeu-img"], "unknown adapter 'qmeu-img' (did you mean 'qemu-img'?)"],
    [["--adapter", "none.json"], "Cannot read 'none.json'"],
    [["--adapter", ""], "--adapter needs a value"],
    [["--jobs", "0"], "--jobs must be a whole number from 1 to 9999, not '0'"],
    [["--onyl", "x"], "unknown option '--onyl' (did you mean '--only'?)"],
    [["image"], "unexpected operand 'image'"],
    [["--json", "--list"], "--json cannot be combined with --list"],
    [["--only", "no such test"], "no test has a name like that"],
  ] as const
) {
  Deno.test(`wrong usage ends with 2: ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await runKit(args);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, complaint);
  });
}

Deno.test("help is on standard output", async () => {
  const { code, stdout } = await runKit(["--help"]);
  assertEquals([code, stdout.startsWith("usage: powercut conformance [OPTION]...")], [0, true]);
});

/** What an adapter says of its implementation must be so, neither more nor less. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { InProcessRunner, resultsOf, runKit, writeAdapter } from "./kit_testing.ts";

const OPENS = { open: { run: ["true"] } };
const CASES = ["--only", "header/magic"];
const MAGIC = "header/magic = 0: open";
const OTHER = "header/magic = 21251409: open";

function run(tests: Readonly<Record<string, string>>) {
  return inTempDir(async (dir) => {
    const differences = [{ why: "It is not very strict.", tests }];
    const adapter = writeAdapter(dir, { commands: OPENS, differences });
    const { code, results, unknownTests } = await resultsOf(["--adapter", adapter, ...CASES]);
    return { code, statuses: results.map(({ status }) => status), unknownTests, results };
  });
}

Deno.test("a difference that is listed is none", async () => {
  const { code, statuses, results } = await run({ [MAGIC]: "opens", [OTHER]: "opens" });
  assertEquals([code, statuses], [0, ["known", "known"]]);
  assertEquals(results[0].why, "It is not very strict.");
});

Deno.test("a difference that is not listed is a failure", async () => {
  const { code, statuses } = await run({ [MAGIC]: "opens" });
  assertEquals([code, statuses], [1, ["known", "failed"]]);
});

Deno.test("another difference than the one that is listed is a failure", async () => {
  const { code, statuses, results } = await run({ [MAGIC]: "crashed: SIGSEGV", [OTHER]: "opens" });
  assertEquals([code, statuses], [1, ["surprising", "known"]]);
  assertEquals(results[0].found, 'opens; listed as known is "crashed: SIGSEGV"');
});

Deno.test("a difference that does not show any more is a failure", () =>
  inTempDir(async (dir) => {
    const adapter = writeAdapter(dir, {
      commands: { open: { run: ["false"] } },
      differences: [{ why: "It was not very strict.", tests: { [MAGIC]: "opens" } }],
    });
    const { code, results } = await resultsOf(["--adapter", adapter, ...CASES]);
    assertEquals([code, results.map(({ status }) => status)], [1, ["surprising", "passed"]]);
    assertEquals(results[0].found, "passes, but is listed as a known difference");
  }));

Deno.test("a difference of a test that does not exist is a failure", async () => {
  const { code, unknownTests } = await run({ [MAGIC]: "opens", [OTHER]: "opens", "x: open": "" });
  assertEquals([code, unknownTests], [1, ["x: open"]]);
});

Deno.test("what an implementation lacks is left out, and counted", () =>
  inTempDir(async (dir) => {
    const lacks = ["rfc layout"];
    const adapter = writeAdapter(dir, { commands: { open: { run: ["true"] } }, lacks });
    const { code, results } = await resultsOf(["--adapter", adapter, "--only", "rfc/plain"]);
    assertEquals(code, 0);
    assertEquals(results[0].why, "rfc layout");
    assertEquals(new Set(results.map(({ status }) => status)), new Set(["lacking"]));
    const check = await resultsOf(["--adapter", adapter, "--only", "image/empty: check"]);
    assertEquals([check.code, check.results[0].why], [0, "command check"]);
  }));

/** Our tool is there, QEMU is not. */
const withoutQemu = new class extends InProcessRunner {
  override run(words: readonly string[]) {
    return words[0] === "qemu-img"
      ? Promise.resolve({ kind: "missing" as const, why: "No such file", stderr: "" })
      : super.run(words);
  }
}();

Deno.test("an implementation that is not installed is reported, and is a failure only if named", async () => {
  for (
    const [args, requiresAll, expected] of [
      [[], false, 0],
      [[], true, 1],
      [["--adapter", "qemu-img"], false, 1],
    ] as const
  ) {
    const { code, stdout, stderr } = await runKit([...args, "--only", "image/empty: open"], {
      runner: withoutQemu,
      requiresAll,
    });
    assertEquals(code, expected);
    assertEquals(stderr, "conformance: qemu-img was NOT TESTED: No such file\n");
    assertStringIncludes(stdout, "NOT TESTED: qemu-img: No such file");
  }
});

Deno.test("another version than that of the differences is reported", () =>
  inTempDir(async (dir) => {
    const adapter = writeAdapter(dir, {
      commands: { open: { run: ["true"] } },
      version: ["echo", "tool 8.1"],
      differencesOf: "tool 7.",
    });
    const { code, stdout, stderr } = await runKit([
      "--adapter",
      adapter,
      "--only",
      "image/empty: o",
    ]);
    assertEquals(code, 0);
    assertStringIncludes(stderr, "are those of 'tool 7.', but this is 'tool 8.1'");
    assertStringIncludes(stdout, "planted (tool 8.1): ");
  }));

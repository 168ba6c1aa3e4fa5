/** Shards, budgets and workers on the command line. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "./run_crash_testing.ts";

const NAMES = ["aliasing", "dirty-bit"];

Deno.test("merged shards print what one run prints", () =>
  inTempDir(async (folder) => {
    const files = [1, 2, 3].map((index) => `${folder}/${index}.json`);
    for (const [i, out] of files.entries()) {
      const shard = `${i + 1}/${files.length}`;
      const { code, stdout } = await crash("run", ...NAMES, "--shard", shard, "--out", out);
      assertEquals(code, 0);
      assertStringIncludes(stdout, `shard ${i + 1} of 3 is in ${out}`);
    }
    const single = await crash("run", ...NAMES, "--json");
    assertEquals(await crash("merge", ...files, "--json"), single);
    assertEquals(await crash("run", ...NAMES, "--json", "--workers", "1"), single);
    const { code, stderr } = await crash("merge", ...files.slice(1));
    assertEquals(code, 2);
    assertStringIncludes(stderr, "shard is missing: 1/3");
  }));

Deno.test("a budget that is used up is said, and what is left can be done later", () =>
  inTempDir(async (folder) => {
    const file = `${folder}/done.json`;
    const base = ["run", "dirty-bit", "--json"];
    const first = await crash(...base, "--budget", "20", "--out", file);
    assertStringIncludes(first.stdout, '"coverage": "partial"');
    const rest = await crash(...base, "--resume", file, "--out", file);
    assertEquals(rest, await crash(...base));
    // All is done: nothing is run again.
    assertEquals(await crash(...base, "--resume", file), rest);
    const text = await crash("run", "dirty-bit", "--budget", "20", "--no-save");
    assertStringIncludes(text.stdout, "spaces NOT explored exhaustively (partial)");
  }));

Deno.test("one case prints its certificate", async () => {
  const { stdout } = await crash("run", "sub-cluster-trim", "--no-save", "--profile", "strict");
  assertEquals(stdout.includes("model: "), false, "it has no case of the profile");
  const one = await crash("run", "four-outcomes", "--profile", "rfc", "--no-save", "--depth", "1");
  assertStringIncludes(one.stdout, "model: sectors: each 512-byte sector on its own");
  assertStringIncludes(one.stdout, "4098 states, exhaustive");
});

for (
  const [args, message] of [
    [["--shard", "1/2"], "--shard needs --out FILE"],
    [
      ["--shard", "3/2", "--out", "x"],
      "--shard must be I/N with I from 1 to N, such as 2/5, not '3/2'",
    ],
    [["--shard", "0/2", "--out", "x"], "not '0/2'"],
    [["--budget", "0"], "--budget must be a number of recoveries"],
    [["--budget", "soon"], "not 'soon'"],
    [["--workers", "0"], "--workers must be a whole number from 1 to 256, not '0'"],
    [["--depth", "99"], "--depth must be a whole number from 1 to 8, not '99'"],
    [["--engine", "brute", "--budget", "5"], "--budget cannot be combined with --engine brute"],
    [["--resume", "missing.json"], "Cannot read 'missing.json'"],
  ] as const
) {
  Deno.test(`refused: run aliasing ${args.join(" ")}`, async () => {
    const { code, stderr } = await crash("run", "aliasing", ...args);
    assertEquals(code, 2);
    assertStringIncludes(stderr, message);
  });
}

Deno.test("a file that is none of partial results is refused, and the field is named", () =>
  inTempDir(async (folder) => {
    const file = `${folder}/file.json`;
    await crash("run", "four-outcomes", "--out", file, "--no-save");
    const good = JSON.parse(Deno.readTextFileSync(file));
    const [search] = good.searches;
    const partial = (change: Record<string, unknown>) => ({
      ...good,
      searches: [{ ...search, partial: { ...search.partial, ...change } }],
    });
    for (
      const [bad, message] of [
        ["nonsense", "is not valid JSON"],
        [{ powercut: 1 }, "kind is missing"],
        [{ ...good, searches: 3 }, "searches is 3: must be a list"],
        [
          { ...good, searches: [{ ...search, input: {} }] },
          "searches[0].input is {}: must name a scenario",
        ],
        [partial({ items: [[0]] }), "searches[0].partial.items[0][1] is missing"],
        [partial({ findings: [{}] }), "searches[0].partial.findings[0].violation is missing"],
        [partial({ traceHash: "other" }), 'traceHash is "other"'],
      ] as const
    ) {
      Deno.writeTextFileSync(file, typeof bad === "string" ? bad : JSON.stringify(bad));
      const { code, stderr } = await crash("merge", file);
      assertEquals(code, 2, message);
      assertStringIncludes(stderr, message);
    }
  }));

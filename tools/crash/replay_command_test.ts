import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "./run_crash_testing.ts";
import type { ReplayFile } from "./replay_file.ts";

/** Run a scenario that finds violations and give the replay files it saved. */
async function savedReplays(folder: string): Promise<string[]> {
  await crash("run", "aliasing", "backing-file", "size-rounding", "--save", folder);
  return [...Deno.readDirSync(folder)].map((entry) => `${folder}/${entry.name}`);
}

Deno.test("every replay file that is saved shows its violation again", () =>
  inTempDir(async (folder) => {
    const paths = await savedReplays(folder);
    assert(paths.length >= 5);
    for (const path of paths) {
      const { code, stdout } = await crash("replay", path, "--json");
      assertEquals(code, 1, path);
      assertEquals(JSON.parse(stdout).reproduced, true);
    }
  }));

Deno.test("replay prints the log up to the crash", () =>
  inTempDir(async (folder) => {
    const paths = await savedReplays(folder);
    const path = paths.find((each) => each.includes("aliasing-rfc"));
    const { stdout } = await crash("replay", path ?? "");
    assertStringIncludes(stdout, "3 +   write 512 bytes at 12288 (l2-table)");
    assertStringIncludes(stdout, "1 -   write 4096 bytes at 16384 (data)");
    assertStringIncludes(stdout, "The violation shows");
  }));

Deno.test("replay exits 0 where the state is changed so that nothing is wrong", () =>
  inTempDir(async (folder) => {
    const [path] = await savedReplays(folder);
    const replay: ReplayFile = JSON.parse(Deno.readTextFileSync(path));
    Deno.writeTextFileSync(path, JSON.stringify({ ...replay, choices: [], crashAfterEvent: -1 }));
    assertEquals((await crash("replay", path)).code, 0);
  }));

Deno.test("replay refuses a file that is wrong, or of another trace, with exit code 2", () =>
  inTempDir(async (folder) => {
    const [path] = await savedReplays(folder);
    const replay: ReplayFile = JSON.parse(Deno.readTextFileSync(path));
    const cases: [unknown, string][] = [
      [{ ...replay, traceHash: "0123456789abcdef" }, "it belongs to another trace"],
      [{ ...replay, powercut: 2 }, "powercut is 2"],
      [{ ...replay, preset: "lunar" }, "unknown preset 'lunar'"],
      [{ ...replay, preset: undefined }, "preset is missing"],
      [{ ...replay, choices: [99] }, "choices is [99]: must have"],
      [{ ...replay, choices: replay.choices.map(() => 99) }, "choices[0] is 99"],
      [{ ...replay, choices: [...replay.choices, 0] }, "choices is ["],
      [
        { ...replay, violation: { kind: "xx", subject: "" } },
        'violation.kind is "xx": must be one of',
      ],
      [{ ...replay, choices: [-1] }, "choices[0] is -1: must be a whole number from 0 on"],
      [{ ...replay, choices: "01" }, 'choices is "01"'],
      [{ ...replay, crashAfterEvent: 100000 }, "crashAfterEvent is 100000"],
      [{ ...replay, crashAfterEvent: 1.5 }, "crashAfterEvent is 1.5"],
      [{ ...replay, source: { scenario: "nosuch", case: 0 } }, "no such case"],
      [{ ...replay, source: {} }, "source is {}"],
      [{ ...replay, violation: null }, "violation is null"],
      [null, "the content is null: must be an object"],
    ];
    for (const [contents, message] of cases) {
      Deno.writeTextFileSync(path, JSON.stringify(contents));
      const { code, stderr } = await crash("replay", path);
      assertEquals(code, 2, message);
      assertStringIncludes(stderr, message);
    }
    Deno.writeTextFileSync(path, "{ not JSON");
    assertEquals((await crash("replay", path)).code, 2);
  }));

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "./run_crash_testing.ts";

/** Run a scenario and give the path of a replay file that it saved, with this in its name. */
async function savedReplay(scenario: string, folder: string, part = ""): Promise<string> {
  await crash("run", scenario, "--save", folder);
  const name = [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .find((each) => each.includes(part));
  return `${folder}/${name}`;
}

Deno.test("shrink prints what is left and why, and saves a file that replays it", () =>
  inTempDir(async (folder) => {
    const path = await savedReplay("backing-file", folder);
    const { code, stdout } = await crash("shrink", path, "--save", `${folder}/shrunk`);
    assertEquals(code, 1);
    assertStringIncludes(stdout, "without any one of them no crash shows such a violation");
    assertStringIncludes(stdout, "reached the disk; ");
    assertStringIncludes(stdout, "L2 entry of guest cluster");
    assertStringIncludes(stdout, "A flush is missing after event");
    const replay = /powercut crash replay (\S+)/.exec(stdout)![1];
    const again = await crash("replay", replay);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stdout, "A flush is missing after event");
    assertEquals((await crash("shrink", replay, "--no-save")).code, 1);
  }));

Deno.test("of a scenario whose steps are code only the state is shrunk", () =>
  inTempDir(async (folder) => {
    const path = await savedReplay("header-checksum", folder, "torn-sector");
    const { code, stdout } = await crash("shrink", path, "--no-save");
    assertEquals(code, 1);
    assertStringIncludes(stdout, "only what reached the disk was shrunk");
    const { replay } = JSON.parse((await crash("shrink", path, "--json")).stdout);
    assertEquals(replay.source, JSON.parse(Deno.readTextFileSync(path)).source);
    assert(replay.explanation.length > 0);
  }));

Deno.test("shrink exits 0 where nothing shows, and 2 where the file is wrong", () =>
  inTempDir(async (folder) => {
    const path = await savedReplay("backing-file", folder);
    const replay = JSON.parse(Deno.readTextFileSync(path));
    const rewrite = (changes: unknown) =>
      Deno.writeTextFileSync(path, JSON.stringify({ ...replay, ...changes as object }));
    rewrite({ choices: [], crashAfterEvent: -1 });
    assertEquals((await crash("shrink", path)).code, 0);
    const image = { format: "qed", profile: "strict" };
    const wrong: [unknown, string][] = [
      [{ traceHash: "0" }, "it belongs to another trace"],
      [
        { source: { image: { ...image, format: "raw" }, steps: [] } },
        'source.image.format is "raw": must be qed or kv',
      ],
      [
        { source: { image: { ...image, mutant: 1 }, steps: [] } },
        "source.image.mutant is 1: must be a text",
      ],
      [{ source: { image } }, "source.steps is missing"],
      [
        { source: { image: { ...image, mutant: "no such" }, steps: [{ kind: "flush" }] } },
        "unknown mutant 'no such'",
      ],
      [{ explanation: 7 }, "explanation is 7"],
      [{ trace: { base: 1 } }, "trace.base is 1: must be a text"],
    ];
    for (const [changes, message] of wrong) {
      rewrite(changes);
      const { code, stderr } = await crash("shrink", path);
      assertEquals(code, 2, message);
      assertStringIncludes(stderr, message);
    }
    assertEquals((await crash("shrink")).code, 2);
  }));

import { assert, assertEquals } from "@std/assert";
import { crash } from "./run_crash_testing.ts";
import { withCurrentNames } from "./former_names.ts";
import { parseReplayFile } from "./replay_file.ts";

const FOLDER = new URL("../../testdata/earlier-versions/", import.meta.url);

for (const name of ["data-not-flushed", "ruined-table"]) {
  Deno.test(`a replay file of an earlier version still shows its violation: ${name}`, async () => {
    const path = new URL(`${name}.json`, FOLDER).pathname;
    const text = Deno.readTextFileSync(path);
    assert(text.includes('"tape"'), "it has the names of today");
    const { choices, trace } = parseReplayFile(text);
    assertEquals(choices, JSON.parse(text).tape);
    assertEquals(trace?.checkedWith.includes("post-recovery writes"), true);
    const { code, stdout } = await crash("replay", path, "--json");
    assertEquals([code, JSON.parse(stdout).reproduced], [1, true]);
  });
}

Deno.test("names of earlier versions become those of today at every depth", () => {
  const old = '{"kind":"partial","findings":[{"violation":{"kind":"changes-later"},' +
    '"persisted":{"ruined":{"event":1},"again":[{"tape":[0]}]}}],"preset":"destruction(512)"}';
  assertEquals(JSON.parse(old, withCurrentNames), {
    kind: "partial",
    findings: [{
      violation: { kind: "aliasing" },
      persisted: { corruption: { event: 1 }, nested: [{ choices: [0] }] },
    }],
    preset: "neighbour-corruption(512)",
  });
});

Deno.test("a file of today is read as it is", () => {
  const current = '{"choices":[1],"violation":{"kind":"unusable"},"preset":"sectors"}';
  assertEquals(JSON.parse(current, withCurrentNames), JSON.parse(current));
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { SCENARIOS } from "./catalog.ts";
import type { Scenario } from "./qed/scenario.ts";

const FOLDER = new URL("./", import.meta.url);
/** The scenarios' files, without their ending. */
const FILES = [...Deno.readDirSync(FOLDER)]
  .filter(({ name }) => name.endsWith(".ts") && !/^catalog|_test\.ts$/.test(name))
  .map(({ name }) => name.slice(0, -".ts".length)).sort();

Deno.test("the catalog has each scenario's file, and no other scenario", () => {
  const names = SCENARIOS.map(({ name }) => name).sort();
  assertEquals(names, FILES.map((file) => file.replaceAll("_", "-")).sort());
});

for (const file of FILES) {
  Deno.test(`${file}.ts exports the scenario of its name, and runs it as a script`, async () => {
    const exportName = file.toUpperCase();
    const module: Record<string, unknown> = await import(`./${file}.ts`);
    const scenario = module[exportName] as Scenario | undefined;
    assert(scenario, `${file}.ts does not export ${exportName}`);
    assert(SCENARIOS.includes(scenario), `${exportName} is not in the catalog`);
    assertEquals(scenario.name, file.replaceAll("_", "-"));
    const tests = scenario.cases ?? scenario.demonstrations;
    assert(tests.length > 0, `${exportName} tests nothing`);
    const text = Deno.readTextFileSync(new URL(`${file}.ts`, FOLDER));
    const footer = `if (import.meta.main) Deno.exitCode = await runAsScript(${exportName});\n`;
    assert(text.endsWith(footer), `${file}.ts does not end with ${footer}`);
  });
}

Deno.test("each statement is a sentence, with its source", () => {
  for (const { statement, mail } of SCENARIOS) {
    assertMatch(statement, /^[A-Z].*[.]$/);
    assert(mail.length > 0);
  }
});

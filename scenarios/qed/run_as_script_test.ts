import { assertEquals, assertStringIncludes } from "@std/assert";
import { ALIASING } from "../aliasing.ts";
import { EXABYTE } from "../exabyte.ts";
import { HEADER_CHECKSUM } from "../header_checksum.ts";
import { runAsScript } from "./run_as_script.ts";
import type { Scenario } from "./scenario.ts";

async function captured(scenario: Scenario, args: readonly string[] = []) {
  const printed: string[] = [];
  const complained: string[] = [];
  const code = await runAsScript(scenario, args, {
    print: (text) => printed.push(text),
    complain: (text) => complained.push(text),
  });
  return { code, printed: printed.join("\n"), complained: complained.join("\n") };
}

Deno.test("a script reports its own scenario and exits 0 when all is as expected", async () => {
  for (const scenario of [ALIASING, EXABYTE, HEADER_CHECKSUM]) {
    const { code, printed, complained } = await captured(scenario);
    assertEquals([code, complained], [0, ""]);
    assertStringIncludes(printed, `${scenario.name} (claim ${scenario.claim}): `);
    assertStringIncludes(printed, " results, all as expected; every space explored exhaustively; ");
  }
});

Deno.test("a script exits 1 when a result is not as expected", async () => {
  const [first] = ALIASING.cases;
  const { code, printed } = await captured({
    ...ALIASING,
    cases: [{ ...first, expected: "clean" }],
  });
  assertEquals(code, 1);
  assertStringIncludes(printed, "1 results, 0 as expected, 1 NOT; ");
});

Deno.test("a script refuses arguments and prints nothing", async () => {
  const { code, printed, complained } = await captured(ALIASING, ["--json"]);
  assertEquals([code, printed], [2, ""]);
  assertEquals(
    complained,
    "aliasing: unexpected argument '--json'\nSee deno task crash run aliasing --help",
  );
});

Deno.test("a scenario's file runs as a process", async () => {
  const path = new URL("../aliasing.ts", import.meta.url).pathname;
  const run = async (...args: string[]) => {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--frozen", "--no-check", path, ...args],
      stdin: "null",
      stderr: "null",
    }).output();
    return { code, printed: new TextDecoder().decode(stdout) };
  };
  const { code, printed } = await run();
  assertEquals(code, 0);
  assertStringIncludes(printed, "3 results, all as expected; every space explored exhaustively; ");
  assertEquals(await run("--json"), { code: 2, printed: "" });
});

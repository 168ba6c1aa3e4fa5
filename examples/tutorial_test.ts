import { assertStringIncludes, assertThrows } from "@std/assert";
import { explore } from "@powercut/powercut";
import { CORRECT, keyValueStore } from "./key_value_store.ts";

const PAGE = Deno.readTextFileSync(
  new URL("../docs/test-your-own-format.md", import.meta.url),
);

/** A text as the page shows what a program prints. */
function indented(text: string): string {
  return text.split("\n").map((line) => line === "" ? "" : `    ${line}`).join("\n");
}

Deno.test("the tutorial shows the example as it is", () => {
  const code = Deno.readTextFileSync(new URL("key_value_store.ts", import.meta.url));
  assertStringIncludes(PAGE, `\`\`\`ts\n${code}\`\`\``);
});

Deno.test("the tutorial shows the results that there are", () => {
  for (const rules of [CORRECT, { ...CORRECT, checksumsValues: false }]) {
    assertStringIncludes(PAGE, indented(`${explore(keyValueStore(rules))}`));
  }
});

Deno.test("the tutorial shows the message of the failure", () => {
  const eager = explore(keyValueStore({ ...CORRECT, flushesTable: false }));
  const { message } = assertThrows(() => eager.assertClean(), Error);
  assertStringIncludes(PAGE, indented(message));
});

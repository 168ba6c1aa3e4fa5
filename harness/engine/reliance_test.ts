import { assert, assertEquals } from "@std/assert";
import { PRESETS } from "../model/presets.ts";
import { assertEnginesAgree } from "../testing/engine_agreement.ts";
import { relianceCase, RELIANCES } from "../testing/reliances.ts";

for (const reliance of RELIANCES) {
  Deno.test(`a format that relies on ${reliance.on} is found by ${reliance.foundBy.join()}`, () => {
    const found = Object.values(PRESETS).filter((preset) => {
      return assertEnginesAgree(relianceCase(reliance, preset)).lazy.verdict === "violation";
    });
    assertEquals(found.map(({ name }) => name), reliance.foundBy);
  });
}

Deno.test("each preset is the only one that finds a defect, or the weakest one", () => {
  for (const name of Object.keys(PRESETS)) {
    const weaker = Object.keys(PRESETS).filter((other) => other !== name && isWeaker(other, name));
    const isMine = RELIANCES.some(({ foundBy }) =>
      foundBy.includes(name) && weaker.every((other) => !foundBy.includes(other))
    );
    assert(isMine, name);
  }
});

/** Whether one preset finds only what the other finds too. */
function isWeaker(one: string, other: string): boolean {
  return RELIANCES.every(({ foundBy }) => !foundBy.includes(one) || foundBy.includes(other));
}

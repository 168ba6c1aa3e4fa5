import { assert, assertEquals } from "@std/assert";
import { PRESETS } from "../model/presets.ts";
import { assertEnginesAgree } from "./engine_agreement_testing.ts";
import { relianceCase, RELIANCES } from "./reliance_testing.ts";

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
    const fewest = Math.min(
      ...RELIANCES.map(({ foundBy }) => foundBy).filter(includesIt).map(count),
    );
    // No preset that finds less, or as much, finds all that this one finds.
    const mine = RELIANCES.filter(({ foundBy }) =>
      includesIt(foundBy) && count(foundBy) === fewest
    );
    const weaker = Object.keys(PRESETS).filter((other) => other !== name && isWeaker(other, name));
    const isMine = mine.some(({ foundBy }) => weaker.every((other) => !foundBy.includes(other)));
    assert(isMine, name);
    function includesIt(foundBy: readonly string[]): boolean {
      return foundBy.includes(name);
    }
  }
});

const count = (list: readonly string[]) => list.length;

/** Whether one preset finds only what the other finds too. */
function isWeaker(one: string, other: string): boolean {
  return RELIANCES.every(({ foundBy }) => !foundBy.includes(one) || foundBy.includes(other));
}

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { loadCorpus } from "./corpus.ts";
import { buildFiles, formatCase, parseCase } from "./fuzz_case.ts";
import { makeCase, makeDamagedCase } from "./generate.ts";
import { minimiseCase } from "./minimise.ts";
import { caseOfToken, TokenError, tokenOf } from "./token.ts";

const SOURCE = { seed: "generate", corpus: loadCorpus() };

Deno.test("a case follows from the seed and its number, in any order", () => {
  const forwards = [0, 1, 2, 3, 4].map((number) => formatCase(makeCase(SOURCE, number)));
  const backwards = [4, 3, 2, 1, 0].map((number) => formatCase(makeCase(SOURCE, number)));
  assertEquals(backwards.reverse(), forwards);
  assertEquals(new Set(forwards).size, 5);
  assertNotEquals(formatCase(makeCase({ ...SOURCE, seed: "other" }, 0)), forwards[0]);
  assertEquals(makeDamagedCase("a", 7), makeDamagedCase("a", 7));
});

Deno.test("a case is the same after it was saved, and makes the same files", () => {
  for (let number = 0; number < 200; number++) {
    const one = makeCase(SOURCE, number);
    const again = parseCase(formatCase(one));
    assertEquals(again, one);
    if (number > 20) continue;
    const contents = (files: ReturnType<typeof buildFiles>) =>
      files.map((file) => [file.sizeBytes, file.read(0, Math.min(file.sizeBytes, 2 ** 20))]);
    assertEquals(contents(buildFiles(again)), contents(buildFiles(one)));
  }
});

Deno.test("what is no case is refused", () => {
  const good = formatCase(makeCase(SOURCE, 0));
  const bad = ["", "{", "null", "[]", "{}", '{"about":"","files":[],"steps":[]}'];
  const outside = good.replace(/"name": "[^"]*"/, '"name": "../image"');
  for (const text of [...bad, outside, good.replace('"kind":"size"', '"kind":"what"')]) {
    assertThrows(() => parseCase(text), SyntaxError);
  }
});

Deno.test("a token brings a case back, and says when it would be another one", () => {
  const one = makeCase(SOURCE, 12);
  const token = tokenOf(SOURCE.seed, 12, one);
  assertEquals(caseOfToken(token, SOURCE.corpus), { seed: SOURCE.seed, caseNumber: 12, one });
  const changed = token.replace(/.$/, (digit) => digit === "0" ? "1" : "0");
  assertThrows(() => caseOfToken(changed, SOURCE.corpus), TokenError, "has changed");
  for (const text of ["", "a:b:c", "a:1", `${token}0`]) {
    assertThrows(() => caseOfToken(text, SOURCE.corpus), TokenError, "is no token");
  }
});

Deno.test("a case is made as small as it can be", async () => {
  const one = Array.from({ length: 50 }, (_, number) => makeCase(SOURCE, number))
    .find(({ files, steps }) => files.length > 1 && steps.length > 2);
  assert(one);
  const wanted = [one.files[0].edits[3], one.files[1].edits[0]];
  const step = one.steps[1];
  const trials: number[] = [];
  const smallest = await minimiseCase(one, ({ files, steps }) => {
    trials.push(steps.length);
    const edits = files.flatMap((file) => file.edits);
    return wanted.every((edit) => edits.includes(edit)) && steps.includes(step);
  });
  assertEquals(smallest.files.map(({ name }) => name), [one.files[0].name, one.files[1].name]);
  assertEquals(smallest.files.map(({ edits }) => edits), [[wanted[0]], [wanted[1]]]);
  assertEquals(smallest.steps, [step]);
  assert(trials.length < 600);
});

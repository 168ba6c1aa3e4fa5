import { assertEquals, assertThrows } from "@std/assert";
import { ChoiceError, type Choices, ExhaustiveChoices, RecordedChoices } from "./choices.ts";

function everySequence(program: (choices: Choices) => void): string[] {
  const choices = new ExhaustiveChoices();
  const sequences: string[] = [];
  do {
    program(choices);
    sequences.push(choices.sequence().join(""));
  } while (choices.advance());
  return sequences;
}

Deno.test("three questions of two options and one of three make 24 choice sequences, all different", () => {
  const sequences = everySequence((choices) =>
    [2, 2, 2, 3].forEach((count) => choices.choose(count))
  );
  assertEquals(sequences.length, 24);
  assertEquals(new Set(sequences).size, 24);
  assertEquals(sequences[0], "0000");
  assertEquals(sequences[1], "0001");
  assertEquals(sequences.at(-1), "1112");
});

Deno.test("a program that asks nothing runs once", () => {
  assertEquals(everySequence(() => {}), [""]);
});

Deno.test("questions that depend on answers are asked only on their branch", () => {
  const sequences = everySequence((choices) => {
    if (choices.choose(3) === 1) choices.choose(2);
  });
  assertEquals(sequences, ["0", "10", "11", "2"]);
});

Deno.test("a question of one option has one answer", () => {
  assertEquals(everySequence((choices) => choices.choose(1)), ["0"]);
});

Deno.test("a program that asks differently after the same answers is found out", () => {
  let run = 0;
  assertThrows(
    () =>
      everySequence((choices) => {
        choices.choose(run++ === 0 ? 2 : 3);
        choices.choose(2);
      }),
    Error,
    "not deterministic",
  );
});

Deno.test("retracing lasts until the first answer that differs from the run before", () => {
  const choices = new ExhaustiveChoices();
  const seen: string[] = [];
  do {
    let flags = choices.isRetracing ? "R" : "-";
    for (let i = 0; i < 2; i++) {
      choices.choose(2);
      flags += choices.isRetracing ? "R" : "-";
    }
    seen.push(`${choices.sequence().join("")} ${flags}`);
  } while (choices.advance());
  assertEquals(seen, ["00 ---", "01 RR-", "10 R--", "11 RR-"]);
});

Deno.test("a choice sequence answers as recorded, and 0 once it has run out", () => {
  const choices = new RecordedChoices([1, 2]);
  assertEquals([choices.choose(2), choices.choose(3), choices.choose(4)], [1, 2, 0]);
});

Deno.test("every choice sequence of an exhaustive search replays to the same answers", () => {
  const program = (choices: Choices) => {
    const answers = [choices.choose(3)];
    if (answers[0] > 0) answers.push(choices.choose(2));
    answers.push(choices.choose(2));
    return answers;
  };
  const choices = new ExhaustiveChoices();
  do {
    const answers = program(choices);
    assertEquals(program(new RecordedChoices(choices.sequence())), answers);
  } while (choices.advance());
});

Deno.test("a choice sequence says whether it was used up", () => {
  const choices = new RecordedChoices([1, 1]);
  choices.choose(2);
  assertEquals(choices.isUsedUp, false);
  choices.choose(2);
  assertEquals(choices.isUsedUp, true);
});

for (const picked of [2, -1, 0.5, NaN]) {
  Deno.test(`a choice sequence with ${picked} does not fit a question of two options`, () => {
    const choices = new RecordedChoices([0, picked]);
    choices.choose(2);
    assertThrows(() => choices.choose(2), ChoiceError, "choices[1]");
  });
}

/** Three questions of two options each, the last one only after a 1. */
function program(choices: ExhaustiveChoices): string {
  const first = choices.choose(2);
  const second = choices.choose(2);
  return `${first}${second}${second === 1 ? choices.choose(2) : ""}`;
}

function runAll(choices: ExhaustiveChoices): string[] {
  const seen: string[] = [];
  do seen.push(program(choices)); while (choices.advance());
  return seen;
}

Deno.test("what is left after some runs, and these, are all runs", () => {
  const all = runAll(new ExhaustiveChoices());
  for (let count = 1; count < all.length; count++) {
    const choices = new ExhaustiveChoices();
    const seen: string[] = [];
    for (let i = 0; i < count; i++) {
      seen.push(program(choices));
      choices.advance();
    }
    const rest = choices.left().flatMap((prefix) => runAll(new ExhaustiveChoices(prefix)));
    assertEquals([...seen, ...rest].sort(), [...all].sort());
  }
});

Deno.test("below a prefix, and how many options the next question has", () => {
  assertEquals(runAll(new ExhaustiveChoices([1])), ["10", "110", "111"]);
  const choices = new ExhaustiveChoices([1, 0]);
  program(choices);
  assertEquals([choices.nextCount, choices.advance()], [undefined, false]);
  const more = new ExhaustiveChoices([1]);
  program(more);
  assertEquals(more.nextCount, 2);
});

import { assertEquals } from "@std/assert";
import { ExhaustiveChoices, RecordedChoices } from "./choices.ts";
import { PlannedChoices } from "./planned_choices.ts";

/** Ask for as many choices of three options. */
function ask(choices: PlannedChoices, count: number): number[] {
  return Array.from({ length: count }, () => choices.choose(3));
}

function led(sequence: readonly number[], asked: number): PlannedChoices {
  const choices = new PlannedChoices(new RecordedChoices(sequence));
  choices.lead();
  assertEquals(ask(choices, asked), sequence.slice(0, asked));
  choices.endLead();
  return choices;
}

Deno.test("who follows gives the answers of the lead again, and says if more was asked for", () => {
  const choices = led([2, 0, 1], 3);
  for (let run = 0; run < 2; run++) {
    choices.follow();
    assertEquals(ask(choices, 3), [2, 0, 1]);
    assertEquals(choices.wentFurther, false);
  }
  assertEquals(ask(choices, 1), [0]);
  assertEquals(choices.wentFurther, true);
  choices.follow();
  assertEquals(choices.wentFurther, false);
});

Deno.test("only in a branch are independent units chosen, and what comes behind the lead", () => {
  const choices = led([2, 0], 2);
  choices.follow();
  assertEquals(choices.chooseFreely(7, 3), undefined);
  choices.branch(new RecordedChoices([1, 2, 1]));
  assertEquals(choices.chooseFreely(7, 3), 1);
  assertEquals(ask(choices, 4), [2, 0, 2, 1]);
});

Deno.test("a second crash keeps the answers of the first recovery, and the units that are fixed", () => {
  const choices = new PlannedChoices(new RecordedChoices([2, 0, 1]));
  choices.lead();
  ask(choices, 2);
  choices.endRecovery();
  ask(choices, 1);
  choices.endLead();
  choices.nestedCrash(new RecordedChoices([1, 1, 2]), new Set([7]));
  assertEquals(choices.chooseFreely(7, 3), undefined);
  assertEquals(choices.chooseFreely(8, 3), 1);
  assertEquals(ask(choices, 4).slice(0, 4), [2, 0, 1, 2]);
});

Deno.test("recovery went like this before unless only zeroes were chosen after it", () => {
  const sequences: (readonly [number[], boolean])[] = [];
  const leader = new ExhaustiveChoices();
  const choices = new PlannedChoices(leader);
  do {
    choices.lead();
    const first = ask(choices, 1);
    choices.endRecovery();
    const rest = ask(choices, 1);
    choices.endLead();
    sequences.push([[...first, ...rest], choices.hasRecoveredBefore]);
  } while (leader.advance());
  assertEquals(sequences.length, 9);
  for (const [sequence, before] of sequences) {
    assertEquals(before, sequence[1] !== 0, sequence.join());
  }
});

Deno.test("who leads retraces as its leader does; who follows as far as two leads were the same", () => {
  const leader = new ExhaustiveChoices();
  const choices = new PlannedChoices(leader);
  const lead = () => {
    choices.lead();
    ask(choices, 2);
    choices.endLead();
  };
  lead();
  choices.follow();
  assertEquals(choices.isRetracing, false); // there was no lead before it
  leader.advance();
  lead();
  choices.follow();
  ask(choices, 1);
  assertEquals(choices.isRetracing, true);
  ask(choices, 1);
  assertEquals(choices.isRetracing, false);
});

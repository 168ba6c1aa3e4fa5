import { assertEquals } from "@std/assert";
import { ExhaustiveChoices, TapeChoices } from "./choices.ts";
import { PlannedChoices } from "./planned_choices.ts";

/** Ask for as many choices of three options. */
function ask(choices: PlannedChoices, count: number): number[] {
  return Array.from({ length: count }, () => choices.choose(3));
}

function led(tape: readonly number[], asked: number): PlannedChoices {
  const choices = new PlannedChoices(new TapeChoices(tape));
  choices.lead();
  assertEquals(ask(choices, asked), tape.slice(0, asked));
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
  choices.branch(new TapeChoices([1, 2, 1]));
  assertEquals(choices.chooseFreely(7, 3), 1);
  assertEquals(ask(choices, 4), [2, 0, 2, 1]);
});

Deno.test("a second crash keeps the answers of the first recovery, and the units that are fixed", () => {
  const choices = new PlannedChoices(new TapeChoices([2, 0, 1]));
  choices.lead();
  ask(choices, 2);
  choices.endRecovery();
  ask(choices, 1);
  choices.endLead();
  choices.recrash(new TapeChoices([1, 1, 2]), new Set([7]));
  assertEquals(choices.chooseFreely(7, 3), undefined);
  assertEquals(choices.chooseFreely(8, 3), 1);
  assertEquals(ask(choices, 4).slice(0, 4), [2, 0, 1, 2]);
});

Deno.test("recovery went like this before unless only zeroes were chosen after it", () => {
  const tapes: (readonly [number[], boolean])[] = [];
  const leader = new ExhaustiveChoices();
  const choices = new PlannedChoices(leader);
  do {
    choices.lead();
    const first = ask(choices, 1);
    choices.endRecovery();
    const rest = ask(choices, 1);
    choices.endLead();
    tapes.push([[...first, ...rest], choices.hasRecoveredBefore]);
  } while (leader.advance());
  assertEquals(tapes.length, 9);
  for (const [tape, before] of tapes) assertEquals(before, tape[1] !== 0, tape.join());
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

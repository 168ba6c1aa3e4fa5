/** The engines that look at a part of the space, against the one that looks at all of it. */
import { assert, assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Operation, StepLimitError } from "../../lib/storage/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { Recorder } from "../log/recorder.ts";
import { SECTORS, TORN_SECTOR, WRITES } from "../model/presets.ts";
import { exploreByBruteForce } from "../reference/brute.ts";
import { RecordedChoices } from "../choices/choices.ts";
import { CrashPoint } from "../reference/crash_point.ts";
import { exploreByDeepening } from "./deepening.ts";
import { bruteStates, type EngineCase, keysOf } from "../testing/engine_agreement.ts";
import { checkState, prepareContext } from "../reference/check_state.ts";
import { BASE, OTHER_FILE, PLAIN } from "./explore_testing.ts";
import { exploreLazily } from "./lazy.ts";
import { randomCase, scriptedCase } from "../testing/random_case.ts";
import { exploreBySampling } from "./sampled.ts";
import { scriptedTarget } from "../testing/scripted_target.ts";
import { violationKey } from "../result/violation.ts";

const PRESETS = [WRITES, SECTORS, TORN_SECTOR];
const NO_LIMIT = 2 ** 40;

/** Runs `check` on random cases; answers how many there were. */
function onRandomCases(seed: number, runs: number, check: (each: EngineCase) => void): number {
  let count = 0;
  for (const preset of PRESETS) {
    const property = fc.property(randomCase(preset), (random) => {
      const each = scriptedCase(random, preset);
      if (!each || bruteStates(each.log, preset) > 800n) return;
      count++;
      check(each);
    });
    fc.assert(property, { seed, numRuns: runs });
  }
  return count;
}

const run = (engine: typeof exploreLazily, each: EngineCase, samples: number, seed = 1) =>
  engine(each.log, each.target, each.preset, { ...each, samples, seed });

seededTest(
  "deepening to the end finds what the lazy engine finds, also with crashes in a row",
  (seed) => {
    let failing = 0;
    const count = onRandomCases(seed, sized({ short: 20, long: 60 }), (each) => {
      for (const depth of [1, 2]) {
        if (depth > 1 && bruteStates(each.log, each.preset) > 60n) continue;
        const lazy = run(exploreLazily, { ...each, depth }, 0);
        const deepening = run(exploreByDeepening, { ...each, depth }, NO_LIMIT);
        assertEquals(deepening.coverage, "exhaustive");
        assertEquals(keysOf(deepening), keysOf(lazy));
        assertEquals([deepening.states, deepening.images], [lazy.states, lazy.images]);
        if (lazy.verdict === "violation") failing++;
      }
    });
    assertGreaterOrEqual(count, sized({ short: 8, long: 50 }));
    assertGreaterOrEqual(failing, sized({ short: 2, long: 20 }));
  },
);

seededTest("what is complete up to k units holds every violation of k decisions", (seed) => {
  let bounded = 0;
  onRandomCases(seed, sized({ short: 25, long: 100 }), (each) => {
    const { log, target, preset } = each;
    const context = prepareContext(log, target, preset, each);
    const result = run(exploreByDeepening, each, 12);
    const { coverage } = result.certificate;
    if (coverage.kind !== "bounded") return;
    bounded++;
    const found = new Set(keysOf(result));
    for (let at = -1; at < log.events.length; at++) {
      for (const sequence of sequencesUpTo(new CrashPoint(log, preset, at), coverage.units)) {
        const point = new CrashPoint(log, preset, at);
        for (
          const each of checkState(context, point, point.build(new RecordedChoices(sequence)))
        ) {
          assert(found.has(violationKey(each)), `${violationKey(each)} of ${sequence} after ${at}`);
        }
      }
    }
  });
  assertGreaterOrEqual(bounded, sized({ short: 1, long: 10 }));
});

/** The choice sequences of a crash point in which at most `most` answers are not the first. */
function sequencesUpTo(point: CrashPoint, most: number): number[][] {
  const sequences: number[][] = [];
  const extend = (sequence: number[], left: number) => {
    const asked = optionsAfter(point, sequence);
    if (asked === undefined) return void sequences.push(sequence);
    for (let option = 0; option < (left > 0 ? asked : 1); option++) {
      extend([...sequence, option], left - (option > 0 ? 1 : 0));
    }
  };
  extend([], most);
  return sequences;
}

/** How many answers the question after those of `choices` has; undefined if there is none. */
function optionsAfter(point: CrashPoint, sequence: readonly number[]): number | undefined {
  let position = 0;
  let next: number | undefined;
  point.build({
    isRetracing: false,
    choose(optionCount) {
      if (position === sequence.length) next = optionCount;
      return sequence[position++] ?? 0;
    },
  });
  return next;
}

seededTest("samples show nothing that is not there, and much of what is", (seed) => {
  let [there, shown] = [0, 0];
  onRandomCases(seed, sized({ short: 12, long: 60 }), (each) => {
    const all = new Set(keysOf(run(exploreLazily, each, 0)));
    const sampled = run(exploreBySampling, each, 200, seed);
    for (const key of keysOf(sampled)) assert(all.has(key), key);
    there += all.size;
    shown += sampled.violations.length;
    assertEquals(run(exploreBySampling, each, 200, seed), sampled);
  });
  assertGreaterOrEqual(shown / there, sized({ short: 0.6, long: 0.9 }), `${shown} of ${there}`);
});

seededTest("there are as many samples as were asked for, or as there are behaviours", (seed) => {
  onRandomCases(seed, sized({ short: 10, long: 30 }), (each) => {
    const { coverage } = run(exploreBySampling, each, 9, seed).certificate;
    assert(coverage.kind === "sampled" && coverage.samples <= 9 && coverage.samples >= 1);
  });
});

Deno.test("a recovery that never ends is refused by every engine", () => {
  const log = new Recorder({ base: BASE }).log;
  const target = {
    ...scriptedTarget(PLAIN, OTHER_FILE),
    *recover(): Operation<void> {
      while (true) yield { kind: "size", file: 0 };
    },
  };
  for (
    const engine of [exploreLazily, exploreByBruteForce, exploreBySampling, exploreByDeepening]
  ) {
    assertThrows(() => engine(log, target, SECTORS, { guestBytes: 512 }), StepLimitError, "no end");
  }
});

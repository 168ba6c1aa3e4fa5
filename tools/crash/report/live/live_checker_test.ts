import { assertEquals, assertGreater } from "@std/assert";
import { checkFound, prepareContext, violationKey } from "../../../../harness/advanced.ts";
import { SCENARIOS } from "../../../../scenarios/catalog.ts";
import { explore, guestBytesOf, setUp } from "../../../../scenarios/qed/scenario.ts";
import { LiveCases } from "./live_cases.ts";
import { fromBase64, type LiveData } from "./live_data.ts";
import { LiveChecker } from "./live_checker.ts";

/** The report bundles this code: the same checker on the same states, from data. */
Deno.test("a page begins with the verdict that was found", () => {
  let compared = 0;
  for (const each of SCENARIOS.flatMap(({ cases }) => cases ?? [])) {
    if (each.expected === "clean") continue;
    const { violations } = explore(each);
    const { log, target } = setUp(each);
    const guestBytes = guestBytesOf(each);
    for (const violation of violations.slice(0, 2)) {
      const cases = new LiveCases();
      const trial = prepareContext(log, target, each.preset, { guestBytes });
      if (cases.add(trial, violation).liveCase === undefined) continue;
      const { pieces, cases: [live] }: LiveData = JSON.parse(cases.data());
      const checker = new LiveChecker(live, pieces.map(fromBase64));
      const { state, sizeBytes } = checker.startState();
      assertEquals(
        checker.check(live.start.event, state, sizeBytes).map(violationKey),
        checkFound(trial, violation).map(violationKey),
      );
      compared++;
    }
  }
  assertGreater(compared, 10);
});

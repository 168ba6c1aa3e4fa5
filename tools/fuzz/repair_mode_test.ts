import { assert, assertEquals } from "@std/assert";
import { sized } from "../../test_support/long.ts";
import { missingQemu } from "../../test_support/qemu.ts";
import { optionalTest } from "../../test_support/optional.ts";
import { seededTest, withSeeds } from "../../test_support/seeds.ts";
import { type Implementation, OURS } from "./implementation.ts";
import { INJECTED_BUGS } from "./injected_bugs_testing.ts";
import { QemuImg } from "./qemu_img.ts";
import { type RepairFigures, type RepairOptions, runRepairs } from "./repair_mode.ts";
import { qemuVerdict } from "./verdicts.ts";

function repair(seed: string, options: Partial<RepairOptions>): Promise<RepairFigures> {
  return runRepairs({
    seed,
    maxCases: 100,
    here: OURS,
    isOver: () => false,
    turn: () => Promise.resolve(),
    ...options,
  });
}

/** All images, by what became of them. */
function sum({ clean, defragmented, leaksLeft, refused, known }: RepairFigures): number {
  return clean + defragmented + leaksLeft + refused +
    [...known.values()].reduce((a, b) => a + b, 0);
}

seededTest(
  "damaged images come out clean, with every sector that was mapped validly",
  async (seed) => {
    const cases = sized({ short: 40, long: 150 });
    const figures = await repair(`${seed}`, { maxCases: cases });
    assertEquals(figures.findings, []);
    assertEquals([figures.images, sum(figures)], [cases, cases]);
    const fewest = sized({ short: 8, long: 75 });
    assert(figures.damaged > fewest && figures.clean > fewest, JSON.stringify(figures));
  },
);

optionalTest({
  name: "qemu-img check calls repaired images clean too",
  missing: missingQemu(),
  body: withSeeds(async (seed) => {
    const qemu = await QemuImg.find();
    assert(qemu);
    const qemuCheck = (folder: string) => qemuVerdict("check", folder, qemu);
    const cases = sized({ short: 20, long: 60 });
    const figures = await repair(`${seed}`, { maxCases: cases, qemuCheck });
    assertEquals(figures.findings, []);
    assertEquals(sum(figures), cases);
    assert(figures.askedQemu > sized({ short: 2, long: 20 }), JSON.stringify(figures));
  }),
});

async function rulesOf(here: Implementation): Promise<string[]> {
  const { findings } = await repair("planted", { here, maxCases: 30 });
  return findings.map(({ finding }) => finding.rule);
}

for (
  const { name, rule, here } of INJECTED_BUGS.filter(({ name }) => name.startsWith("a repair"))
) {
  Deno.test(`injected bug: ${name}`, async () => {
    assert((await rulesOf(here)).includes(`repair: ${rule}`));
  });
}

Deno.test("an image that is clean here and not for QEMU is a finding", async () => {
  const qemuCheck = () =>
    Promise.resolve({ code: 2, facts: { corruptions: "1" }, complaint: "injected" });
  const { findings } = await repair("planted", { maxCases: 5, qemuCheck });
  assertEquals(findings[0].finding.rule, "repair: not clean for QEMU");
  assert(findings[0].finding.message.includes("injected"));
});

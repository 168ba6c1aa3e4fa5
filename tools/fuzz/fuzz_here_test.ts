import { assert, assertEquals } from "@std/assert";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { loadCorpus } from "./corpus.ts";
import { formatCase } from "./fuzz_case.ts";
import { fuzzHere } from "./fuzz_here.ts";
import { makeCase } from "./generate.ts";
import { INJECTED_BUGS } from "./injected_bugs_testing.ts";

const CORPUS = loadCorpus();
const CASES = sized({ short: 50, long: 150 });

seededTest("no case breaks a rule", (seed) => {
  const verdicts = new Set<string>();
  for (let number = 0; number < CASES; number++) {
    const one = makeCase({ seed: `${seed}`, corpus: CORPUS }, number);
    const result = fuzzHere(one);
    assertEquals(result.findings, [], `case ${number} of seed ${seed}:\n${formatCase(one)}`);
    result.verdicts.forEach((verdict) => verdicts.add(verdict));
  }
  // A generator that makes only one kind of image would prove little.
  for (const verdict of ["read: refused", "read: opens", "read: opens, corrupt", "repair: sound"]) {
    assert(verdicts.has(verdict), verdict);
  }
});

for (const { name, one } of CORPUS) {
  Deno.test(`corpus: ${name}`, () => {
    const { findings, verdicts } = fuzzHere(one);
    assertEquals(findings, []);
    // Those about QEMU are looked at together with QEMU.
    if (!one.about.startsWith("qemu")) assert(verdicts.includes(one.about), verdicts.join("; "));
  });
}

for (const { name, rule, here } of INJECTED_BUGS) {
  Deno.test(`injected bug: ${name}`, () => {
    const seen = new Set<string>();
    for (let number = 0; number < 300; number++) {
      const { findings } = fuzzHere(makeCase({ seed: "planted", corpus: [] }, number), here);
      findings.forEach((finding) => seen.add(finding.rule));
      if (findings.some((finding) => finding.rule.endsWith(rule))) return;
    }
    assert(false, `300 cases have not shown it, only: ${[...seen].join("; ")}`);
  });
}

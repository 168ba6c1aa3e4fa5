import { assert, assertEquals } from "@std/assert";
import { sized } from "../../test_support/long.ts";
import { qemuTest, seededQemuTest } from "../../test_support/qemu.ts";
import { runCase } from "./campaign.ts";
import { loadCorpus } from "./corpus.ts";
import { KNOWN_DIFFERENCES } from "./differences.ts";
import { compareWithQemu, type Parties, realParties } from "./differential.ts";
import { formatCase, type FuzzCase } from "./fuzz_case.ts";
import { makeCase } from "./generate.ts";
import { OURS } from "./implementation.ts";
import { QemuImg } from "./qemu_img.ts";
import { SparseFile } from "../../lib/storage/sparse_file.ts";
import type { Verdict } from "./verdicts.ts";

const CORPUS = loadCorpus();

/** The parties, with QEMU found: declared for tests that run only where it is. */
async function parties(): Promise<Parties> {
  const qemu = await QemuImg.find();
  if (!qemu) throw new Error("qemu-img is gone");
  return realParties(qemu);
}

qemuTest("each case of the corpus comes to the verdict that it is about", async () => {
  const names = new Set<string>();
  for (const { name, one } of CORPUS) {
    const { findings, aboutQemu, verdicts } = await compareWithQemu(one, await parties());
    assertEquals([findings, aboutQemu], [[], []], name);
    if (one.about.startsWith("qemu")) assert(verdicts.includes(one.about), verdicts.join("; "));
    verdicts.forEach((verdict) => names.add(verdict.replace(/.*known difference: /, "")));
  }
  // Each known difference is there for something.
  assertEquals(KNOWN_DIFFERENCES.filter(({ name }) => !names.has(name)), []);
});

seededQemuTest("no case makes an unknown difference", async (seed) => {
  for (let number = 0; number < sized({ short: 8, long: 25 }); number++) {
    const one = makeCase({ seed: `${seed}`, corpus: CORPUS }, number);
    const { findings } = await compareWithQemu(one, await parties());
    assertEquals(findings, [], `case ${number} of seed ${seed}:\n${formatCase(one)}`);
  }
});

Deno.test("each known difference is in the document", () => {
  const path = new URL("../../docs/differences-from-qemu.md", import.meta.url);
  const document = Deno.readTextFileSync(path).replaceAll(/\s+/g, " ");
  assertEquals(KNOWN_DIFFERENCES.filter(({ row }) => !document.includes(row)), []);
});

/** A valid image with some data, and two parties that say the same of it. */
function agreement(): { one: FuzzCase; verdict: Verdict } {
  const one = CORPUS.find(({ name }) => name === "qemu-check-same-exit-3")?.one;
  assert(one);
  const facts = { "virtual-size": "0", leaks: "1" };
  return { one, verdict: { code: 3, facts, complaint: "", disk: new SparseFile() } };
}

function disk(byte: number): SparseFile {
  const storage = new SparseFile();
  storage.fill(0, 10, byte);
  return storage;
}

const LIES: readonly (readonly [what: string, lie: Partial<Verdict>])[] = [
  ["exit code", { code: 2 }],
  ["leaks", { facts: { "virtual-size": "0", leaks: "2" } }],
  ["corruptions", { facts: { "virtual-size": "0", leaks: "1", corruptions: "1" } }],
  ["virtual-size", { facts: { "virtual-size": "512", leaks: "1" } }],
  ["contents", { disk: disk(1) }],
];

for (const [what, lie] of LIES) {
  Deno.test(`injected bug: a program that is wrong about the ${what}`, async () => {
    const { one, verdict } = agreement();
    const ours = () => Promise.resolve(verdict);
    const honest = await compareWithQemu(one, { ours, theirs: ours });
    assertEquals(honest.findings, []);
    const theirs = () => Promise.resolve({ ...verdict, ...lie });
    const { findings } = await compareWithQemu(one, { ours, theirs });
    assertEquals(findings.map(({ rule }) => rule.split(":").slice(0, 2).join(":")), [
      `info: differs in ${what}`,
      `check: differs in ${what}`,
      `convert: differs in ${what}`,
    ]);
  });
}

Deno.test("an internal error of ours is a finding, and a crash of QEMU's is not", async () => {
  const { one, verdict } = agreement();
  const ours = () => Promise.reject(new TypeError("undefined"));
  const theirs = () => Promise.resolve({ broken: "crash" as const, message: "SIGSEGV" });
  const bad = await compareWithQemu(one, { ours, theirs });
  assertEquals(bad.findings[0].rule, "info: unexpected TypeError");
  const parties = { ours: () => Promise.resolve(verdict), theirs };
  const { findings, aboutQemu } = await compareWithQemu(one, parties);
  assertEquals([findings.length, aboutQemu[0].rule], [0, "info: QEMU's crash"]);
});

Deno.test("injected bug: a loop without requests is detected by its time", async () => {
  let milliseconds = 0;
  const now = () => milliseconds += 61_000;
  const { findings } = await runCase(agreement().one, "token", { here: OURS, now });
  assertEquals(findings.map(({ finding }) => finding), [
    { rule: "took too long", message: "61000 ms" },
  ]);
});

Deno.test("a finding is made small, and comes with what both said", async () => {
  const { one, verdict } = agreement();
  const parties: Parties = {
    ours: () => Promise.resolve(verdict),
    theirs: () => Promise.resolve({ ...verdict, code: 0 }),
  };
  const result = await runCase(one, "token", { here: OURS, parties, now: () => 0 });
  const [{ finding, smallest, transcript, token }] = result.findings;
  assertEquals([finding.rule, token], ["info: differs in exit code: 3 here, 0 in QEMU", "token"]);
  assertEquals(smallest.files, [{ name: one.files[0].name, edits: [] }]);
  assert(transcript.includes("here: exit 3") && transcript.includes("QEMU: exit 0"), transcript);
});

import { compareWithQemu, type Parties } from "./differential.ts";
import type { FoundCase } from "./findings.ts";
import type { FuzzCase } from "./fuzz_case.ts";
import { type Finding, fuzzHere } from "./fuzz_here.ts";
import { type CaseSource, makeCase } from "./generate.ts";
import type { Implementation } from "./implementation.ts";
import { minimiseCase } from "./minimise.ts";
import { tokenOf } from "./token.ts";

/** Every fourth case is compared with QEMU as well, which takes ten times as long. */
const COMPARED_EVERY = 4;
/** The number of cases that QEMU runs at a time. */
const MAX_AT_ONCE = 3;
/** Findings of one rule that are made smaller and reported; more are counted. */
const MAX_OF_A_RULE = 2;

/**
 * A case that takes longer here is a finding: some loop asks for nothing, and so is not counted. No
 * case takes a second on a machine that has nothing else to do.
 */
const MAX_CASE_MILLISECONDS = 60_000;

/** Options of a campaign. */
export interface CampaignOptions {
  /** Where cases come from. */
  readonly source: CaseSource;
  /** The implementation under test. */
  readonly here: Implementation;
  /** The programs to compare with; none if not given. */
  readonly parties?: Parties;
  /** The maximum number of generated cases. */
  readonly maxCases: number;
  /** Asked before each case. */
  readonly isOver: () => boolean;
  /** Milliseconds that have passed. */
  readonly now: () => number;
  /** Lets the event loop run: signals, and programs that have ended. */
  readonly turn: () => Promise<void>;
  /** Called after each case. */
  readonly onCase?: (result: CampaignResult) => void;
}

/** The result so far. */
export interface CampaignResult {
  /** Cases that the oracles here checked. */
  casesHere: number;
  /** Cases that were compared with QEMU. */
  casesCompared: number;
  /** The number of cases for each verdict. */
  readonly verdicts: Map<string, number>;
  /** The number of cases that break each rule. */
  readonly rules: Map<string, number>;
  /** Findings about us. */
  readonly findings: FoundCase[];
  /** Findings about QEMU. */
  readonly aboutQemu: FoundCase[];
}

/** Run the corpus, then cases one after the other until it is over. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const campaign = new Campaign(options);
  const { source, maxCases, isOver } = options;
  for (const { name, one } of source.corpus) {
    if (isOver()) break;
    await campaign.take(one, { token: `corpus:${name}`, isCompared: true });
  }
  for (let number = 0; number < maxCases && !isOver(); number++) {
    const one = makeCase(source, number);
    const token = tokenOf(source.seed, number, one);
    await campaign.take(one, { token, isCompared: number % COMPARED_EVERY === 0 });
  }
  await campaign.finish();
  return campaign.result;
}

/** Check one case with every oracle. */
export async function runCase(
  one: FuzzCase,
  token: string,
  options: Pick<CampaignOptions, "here" | "parties" | "now">,
): Promise<CampaignResult> {
  const turn = () => Promise.resolve();
  const source = { seed: "", corpus: [] };
  const campaign = new Campaign({ ...options, source, maxCases: 1, isOver: () => false, turn });
  await campaign.take(one, { token, isCompared: true });
  await campaign.finish();
  return campaign.result;
}

class Campaign {
  readonly result: CampaignResult = {
    casesHere: 0,
    casesCompared: 0,
    verdicts: new Map(),
    rules: new Map(),
    findings: [],
    aboutQemu: [],
  };
  readonly #options: CampaignOptions;
  readonly #running = new Set<Promise<void>>();
  #failure: unknown;

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  async take(one: FuzzCase, how: { token: string; isCompared: boolean }): Promise<void> {
    const { here, parties, now, turn, onCase } = this.#options;
    const { token } = how;
    const start = now();
    const { findings, verdicts } = fuzzHere(one, here);
    const milliseconds = Math.round(now() - start);
    if (milliseconds > MAX_CASE_MILLISECONDS) this.#reportSlow(one, token, milliseconds);
    this.result.casesHere++;
    verdicts.forEach((verdict) => count(this.result.verdicts, verdict));
    for (const finding of findings) await this.#report(one, { finding, token });
    if (parties && how.isCompared) {
      while (this.#running.size >= MAX_AT_ONCE) await Promise.race(this.#running);
      const running: Promise<void> = this.#compare(one, token, parties)
        .catch((error) => void (this.#failure ??= error))
        .finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
    await turn();
    onCase?.(this.result);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Not made smaller: that would take a minute for each trial. */
  #reportSlow(one: FuzzCase, token: string, milliseconds: number): void {
    const finding: Finding = { rule: "took too long", message: `${milliseconds} ms` };
    count(this.result.rules, finding.rule);
    this.result.findings.push({ finding, token, one, smallest: one, transcript: "" });
  }

  async #compare(one: FuzzCase, token: string, parties: Parties): Promise<void> {
    const { findings, aboutQemu, verdicts, transcript } = await compareWithQemu(one, parties);
    this.result.casesCompared++;
    verdicts.forEach((verdict) => count(this.result.verdicts, verdict));
    for (const finding of findings) await this.#report(one, { finding, token, transcript });
    for (const finding of aboutQemu) {
      if (count(this.result.rules, finding.rule) > MAX_OF_A_RULE) continue;
      this.result.aboutQemu.push({ finding, token, one, smallest: one, transcript });
    }
  }

  async #report(
    one: FuzzCase,
    found: { finding: Finding; token: string; transcript?: string },
  ): Promise<void> {
    const { finding, token, transcript } = found;
    if (count(this.result.rules, finding.rule) > MAX_OF_A_RULE) return;
    const isCompared = transcript !== undefined;
    const smallest = await minimiseCase(
      one,
      (smaller) => this.#shows(smaller, finding, isCompared),
    );
    this.result.findings.push({ finding, token, one, smallest, transcript: transcript ?? "" });
  }

  async #shows(one: FuzzCase, { rule }: Finding, isCompared: boolean): Promise<boolean> {
    const { here, parties } = this.#options;
    const { findings } = isCompared && parties
      ? await compareWithQemu(one, parties)
      : fuzzHere(one, here);
    return findings.some((finding) => finding.rule === rule);
  }
}

/** Count one more; answers how many there are now. */
function count(counts: Map<string, number>, key: string): number {
  const sum = (counts.get(key) ?? 0) + 1;
  counts.set(key, sum);
  return sum;
}

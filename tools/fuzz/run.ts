import * as fs from "node:fs";
import { EXIT } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import { printJson } from "../kit/json.ts";
import { UsageError } from "../kit/usage_error.ts";
import { type CampaignResult, runCampaign, runCase } from "./campaign.ts";
import { CASE_ENDING, loadCorpus } from "./corpus.ts";
import { type Parties, realParties } from "./differential.ts";
import { type FoundCase, saveFinding } from "./findings.ts";
import { type FuzzCase, parseCase } from "./fuzz_case.ts";
import { makeDamagedCase } from "./generate.ts";
import { OURS } from "./implementation.ts";
import type { FuzzOptions } from "./main.ts";
import { QemuImg } from "./qemu_img.ts";
import { runRepairs } from "./repair_mode.ts";
import {
  campaignJson,
  describeCampaign,
  describeRepairs,
  repairsJson,
  type SummaryFacts,
} from "./summary.ts";
import { caseOfToken } from "./token.ts";
import { qemuVerdict } from "./verdicts.ts";

/** Run the fuzzer, or replay one case. Returns the exit code. */
export async function runFuzz(options: FuzzOptions, io: Io): Promise<number> {
  const qemu = options.asksQemu ? await QemuImg.find() : undefined;
  if (options.asksQemu && !qemu) {
    io.printError("fuzz: QEMU-IMG IS MISSING: nothing is compared with QEMU (see --no-qemu)");
  }
  let isStopped = false;
  using _stopping = io.onStop(() => isStopped = true);
  const run = new Run({ options, io, qemu, isStopped: () => isStopped });
  if (options.replay !== undefined) return await run.replay(options.replay);
  return await (options.mode === "repair" ? run.repairs() : run.cases());
}

class Run {
  readonly #options: FuzzOptions;
  readonly #io: Io;
  readonly #qemu: QemuImg | undefined;
  readonly #isStopped: () => boolean;
  readonly #start: number;

  constructor(parts: {
    readonly options: FuzzOptions;
    readonly io: Io;
    readonly qemu: QemuImg | undefined;
    readonly isStopped: () => boolean;
  }) {
    this.#options = parts.options;
    this.#io = parts.io;
    this.#qemu = parts.qemu;
    this.#isStopped = parts.isStopped;
    this.#start = parts.io.now();
  }

  async cases(): Promise<number> {
    const { seed, cases } = this.#options;
    const result = await runCampaign({
      source: { seed, corpus: loadCorpus() },
      here: OURS,
      ...this.#parties(),
      maxCases: cases,
      ...this.#until(),
      onCase: ({ casesHere, casesCompared, rules }) =>
        this.#progress(`${casesHere} cases, ${casesCompared} compared, ${rules.size} rules broken`),
    });
    return this.#print(result);
  }

  async repairs(): Promise<number> {
    const { seed, cases, json } = this.#options;
    const qemu = this.#qemu;
    const figures = await runRepairs({
      seed,
      maxCases: cases,
      here: OURS,
      ...(qemu && { qemuCheck: (folder: string) => qemuVerdict("check", folder, qemu) }),
      ...this.#until(),
      onCase: (done) => this.#progress(`${done} images`),
    });
    const facts = this.#facts(figures.findings);
    if (json) printJson(this.#io, repairsJson(figures, facts));
    else this.#io.print(describeRepairs(figures, facts));
    return figures.findings.length > 0 ? EXIT.FINDING : EXIT.OK;
  }

  async replay(what: string): Promise<number> {
    const options = { here: OURS, now: () => this.#io.now(), ...this.#parties() };
    return this.#print(await runCase(findCase(what), what, options));
  }

  #print(result: CampaignResult): number {
    const facts = this.#facts(result.findings);
    const { json, out } = this.#options;
    if (json) printJson(this.#io, campaignJson(result, facts));
    else this.#io.print(describeCampaign(result, facts));
    for (const one of result.aboutQemu) saveFinding(`${out}/about-qemu`, one);
    return result.findings.length > 0 ? EXIT.FINDING : EXIT.OK;
  }

  #facts(findings: readonly FoundCase[]): SummaryFacts {
    const { seed, out } = this.#options;
    return {
      seed,
      seconds: (this.#io.now() - this.#start) / 1000,
      qemuVersion: this.#qemu?.version,
      invocation: this.#io.commandText("fuzz"),
      findings: findings.map((found) => ({ found, folder: saveFinding(out, found) })),
    };
  }

  #parties(): { parties?: Parties } {
    return this.#qemu ? { parties: realParties(this.#qemu) } : {};
  }

  #until() {
    const end = this.#start + this.#options.seconds * 1000;
    return {
      isOver: () => this.#isStopped() || this.#io.now() >= end,
      now: () => this.#io.now(),
      turn: () => this.#io.turn(),
    };
  }

  #progress(text: string): void {
    if (!this.#io.isTerminal.stderr) return;
    const seconds = Math.floor((this.#io.now() - this.#start) / 1000);
    this.#io.showStatus(`${seconds} s: ${text}`);
  }
}

/** The case that `--replay` names. Throws {@linkcode UsageError} or `TokenError`. */
function findCase(what: string): FuzzCase {
  const repair = /^repair:([A-Za-z0-9._-]{1,80}):(\d{1,9})$/.exec(what);
  if (repair) return makeDamagedCase(repair[1], Number(repair[2]));
  const corpus = loadCorpus();
  if (what.startsWith("corpus:")) {
    const found = corpus.find(({ name }) => what === `corpus:${name}`);
    if (found) return found.one;
    throw new UsageError(`unknown case '${what}' of the corpus`);
  }
  if (!what.endsWith(CASE_ENDING)) return caseOfToken(what, corpus).one;
  try {
    return parseCase(fs.readFileSync(what, "utf8"));
  } catch (error) {
    throw new UsageError(`Cannot read '${what}': ${(error as Error).message}`, { cause: error });
  }
}

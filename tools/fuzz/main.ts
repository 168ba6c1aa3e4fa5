/**
 * The fuzzer: `deno task fuzz`. See docs/fuzzing.md.
 *
 * @module
 */
import * as fs from "node:fs";
import { setImmediate } from "node:timers";
import { type CampaignResult, runCampaign, runCase } from "./campaign.ts";
import { CASE_ENDING, loadCorpus } from "./corpus.ts";
import { type Parties, realParties } from "./differential.ts";
import { type FoundCase, saveFinding } from "./findings.ts";
import { type FuzzCase, parseCase } from "./fuzz_case.ts";
import { makeDamagedCase } from "./generate.ts";
import { OURS } from "./implementation.ts";
import { type FuzzOptions, HELP, parseOptions, UsageError } from "./options.ts";
import { QemuImg } from "./qemu_img.ts";
import { runRepairs } from "./repair_mode.ts";
import {
  campaignJson,
  describeCampaign,
  describeRepairs,
  repairsJson,
  type SummaryFacts,
} from "./summary.ts";
import { caseOfToken, TokenError } from "./token.ts";
import { qemuVerdict } from "./verdicts.ts";

/** Where the program prints, and when it is told to stop. */
export interface FuzzIo {
  /** Standard output. */
  print(text: string): void;
  /** Standard error. */
  complain(text: string): void;
  /** Whether a line of progress is welcome there. */
  readonly showsProgress: boolean;
  /** Milliseconds that have passed. */
  now(): number;
  /** Whether a signal asked the program to stop. */
  isStopped(): boolean;
  /** Let signals and other programs have their turn. */
  turn(): Promise<void>;
  /** A new seed. */
  freshSeed(): string;
}

/** Run the fuzzer. Answers the exit code: 0 no findings, 1 findings, 2 wrong usage. */
export async function main(args: readonly string[], io: FuzzIo): Promise<number> {
  try {
    const options = parseOptions(args, io.freshSeed);
    if (options !== "help") return await run(options, io);
    io.print(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof TokenError)) throw error;
    io.complain(`fuzz: ${error.message}\nSee deno task fuzz --help.\n`);
    return 2;
  }
}

function run(options: FuzzOptions, io: FuzzIo): Promise<number> {
  const qemu = options.asksQemu ? QemuImg.find() : undefined;
  if (options.asksQemu && !qemu) {
    io.complain("fuzz: QEMU-IMG IS MISSING: nothing is compared with QEMU (--no-qemu is quiet)\n");
  }
  const run = new Run(options, io, qemu);
  if (options.replay !== undefined) return run.replay(options.replay);
  return options.mode === "repair" ? run.repairs() : run.cases();
}

class Run {
  readonly #options: FuzzOptions;
  readonly #io: FuzzIo;
  readonly #qemu: QemuImg | undefined;
  readonly #start: number;
  #shown: number;

  constructor(options: FuzzOptions, io: FuzzIo, qemu: QemuImg | undefined) {
    this.#options = options;
    this.#io = io;
    this.#qemu = qemu;
    this.#start = this.#shown = io.now();
  }

  async cases(): Promise<number> {
    const { seed, cases } = this.#options;
    const result = await runCampaign({
      source: { seed, corpus: loadCorpus() },
      here: OURS,
      ...this.#parties(),
      mostCases: cases,
      ...this.#until(),
      onCase: ({ casesHere, casesCompared, rules }) =>
        this.#progress(`${casesHere} cases, ${casesCompared} compared, ${rules.size} rules broken`),
    });
    return this.#tell(result);
  }

  async repairs(): Promise<number> {
    const { seed, cases, json } = this.#options;
    const qemu = this.#qemu;
    const figures = await runRepairs({
      seed,
      mostCases: cases,
      here: OURS,
      ...(qemu && { qemuCheck: (folder: string) => qemuVerdict("check", folder, qemu) }),
      ...this.#until(),
      onCase: (done) => this.#progress(`${done} images`),
    });
    const facts = this.#facts(figures.findings);
    this.#io.print(json ? repairsJson(figures, facts) : describeRepairs(figures, facts));
    return figures.findings.length > 0 ? 1 : 0;
  }

  async replay(what: string): Promise<number> {
    const { now } = this.#io;
    const result = await runCase(findCase(what), what, { here: OURS, now, ...this.#parties() });
    return this.#tell(result);
  }

  #tell(result: CampaignResult): number {
    const facts = this.#facts(result.findings);
    const { json } = this.#options;
    this.#io.print(json ? campaignJson(result, facts) : describeCampaign(result, facts));
    for (const one of result.aboutQemu) saveFinding(`${this.#options.out}/about-qemu`, one);
    return result.findings.length > 0 ? 1 : 0;
  }

  #facts(findings: readonly FoundCase[]): SummaryFacts {
    const { seed, out } = this.#options;
    this.#progress("", true);
    return {
      seed,
      seconds: (this.#io.now() - this.#start) / 1000,
      qemuVersion: this.#qemu?.version,
      findings: findings.map((found) => ({ found, folder: saveFinding(out, found) })),
    };
  }

  #parties(): { parties?: Parties } {
    return this.#qemu ? { parties: realParties(this.#qemu) } : {};
  }

  #until() {
    const end = this.#start + this.#options.seconds * 1000;
    return {
      isOver: () => this.#io.isStopped() || this.#io.now() >= end,
      now: () => this.#io.now(),
      turn: () => this.#io.turn(),
    };
  }

  /** A line on a terminal, twice a second; an empty last one clears it. */
  #progress(text: string, isLast = false): void {
    const now = this.#io.now();
    if (!this.#io.showsProgress || (!isLast && now - this.#shown < 500)) return;
    this.#shown = now;
    const seconds = Math.floor((now - this.#start) / 1000);
    const line = isLast ? "" : `${seconds} s: ${text}`;
    this.#io.complain(`\r${line.padEnd(79)}${isLast ? "\r" : ""}`);
  }
}

/** The case that `--replay` names. Throws {@linkcode UsageError} or {@linkcode TokenError}. */
function findCase(what: string): FuzzCase {
  const repair = /^repair:([A-Za-z0-9._-]{1,80}):(\d{1,9})$/.exec(what);
  if (repair) return makeDamagedCase(repair[1], Number(repair[2]));
  const corpus = loadCorpus();
  if (what.startsWith("corpus:")) {
    const found = corpus.find(({ name }) => what === `corpus:${name}`);
    if (found) return found.one;
    throw new UsageError(`there is no case '${what}' in the corpus`);
  }
  if (!what.endsWith(CASE_ENDING)) return caseOfToken(what, corpus).one;
  try {
    return parseCase(fs.readFileSync(what, "utf8"));
  } catch (error) {
    throw new UsageError(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

function systemIo(): FuzzIo {
  let isStopped = false;
  const stop = () => {
    if (isStopped) Deno.exit(130);
    isStopped = true;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
  const encoder = new TextEncoder();
  return {
    print: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
    complain: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    showsProgress: Deno.stderr.isTerminal(),
    now: () => performance.now(),
    isStopped: () => isStopped,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    freshSeed: () => crypto.getRandomValues(new Uint32Array(1))[0].toString(36),
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args, systemIo()));

import {
  allWorkloads,
  coverageText,
  type DiskShape,
  formatStates,
  givenWorkload,
  type Preset,
  randomWorkloads,
  type Subject,
  SURVIVABLE_PRESETS,
  sweep,
  type SweepFinding,
  type SweepResult,
  violationText,
  type WorkloadSource,
} from "../../harness/mod.ts";
import { sweepReport } from "./report/results_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { UsageError } from "../kit/usage_error.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { parseSteps } from "./parse_steps.ts";
import { saveReplay } from "./save_replay.ts";
import { type CrashFinding, replayOfFinding } from "./sweep_replay.ts";
import { sweepTarget, type SweepTargetOptions, targetWords } from "./sweep_targets.ts";

/** Options of `sweep`, as they were typed. */
export interface SweepCommandOptions extends SweepTargetOptions {
  readonly preset?: string | undefined;
  readonly length?: string | undefined;
  readonly random?: string | undefined;
  readonly seed?: string | undefined;
  readonly swarm?: boolean | undefined;
  readonly steps?: string | undefined;
  readonly depth?: string | undefined;
  readonly most?: string | undefined;
  readonly seconds?: string | undefined;
  readonly all?: boolean | undefined;
  /** Where replay files go; nowhere if undefined. */
  readonly saveTo?: string | undefined;
  readonly json: boolean;
  /** The page to write; undefined for none. */
  readonly page?: ReportRequest | undefined;
}

/** Steps of a sequence unless told otherwise, and at most: of random ones, and of all there are. */
const RANDOM_LENGTH = 8;
const EXHAUSTIVE_LENGTH = 3;
const LONGEST = 64;
/** Crashes in a row at most. */
const DEEPEST = 8;

/** Run workloads that were made up, all or random ones, and explore each. Answers the exit code. */
export async function sweepCommand(
  options: SweepCommandOptions,
  output: Output,
): Promise<number> {
  const { subject, shape } = sweepTarget(options);
  const presets = presetsNamed(options.preset ?? "sectors");
  const mostSeconds = numberOf("seconds", options.seconds);
  const maxWorkloads = numberOf("most", options.most);
  const source = sourceFor(options, shape);
  const start = performance.now();
  const result = sweep(subject, source, {
    presets,
    goesOn: options.all ?? false,
    depth: depthOf(options),
    ...(maxWorkloads !== undefined && { maxWorkloads }),
    ...(mostSeconds !== undefined && {
      time: { maxMilliseconds: mostSeconds * 1000, now: () => performance.now() },
    }),
    onProgress: (done, failing) =>
      output.progress(`${subject.name}: ${done} workloads, ${failing} of them fail`),
  });
  const seconds = (performance.now() - start) / 1000;
  const { page } = options;
  if (page) {
    const replayOf = (finding: CrashFinding) => replayOfFinding(finding, subject, options);
    writeReport(page.path, await sweepReport(result, replayOf, contextOf(page)));
  }
  if (options.json) {
    const findings = result.findings.map((finding) =>
      finding.kind === "crash"
        ? { ...finding, replay: replayOfFinding(finding, subject, options) }
        : finding
    );
    output.print(JSON.stringify({ ...result, findings, seconds }, undefined, 2));
  } else printText(result, { subject, options, seconds }, output);
  return result.verdict === "clean" ? EXIT.OK : EXIT.VIOLATION;
}

function presetsNamed(names: string): Preset[] {
  if (names === "survivable") return [...SURVIVABLE_PRESETS];
  return names.split(",").map((name) => lookUpPreset(name));
}

function depthOf(options: SweepCommandOptions): number {
  const depth = numberOf("depth", options.depth) ?? 1;
  if (depth <= DEEPEST) return depth;
  throw new UsageError(`--depth ${depth}: at most ${DEEPEST}`);
}

function sourceFor(options: SweepCommandOptions, shape: DiskShape): WorkloadSource {
  const length = numberOf("length", options.length);
  if (length !== undefined && length > LONGEST) {
    throw new UsageError(`--length ${length}: at most ${LONGEST}`);
  }
  const count = numberOf("random", options.random);
  if (options.steps !== undefined) {
    if (count !== undefined || length !== undefined) {
      throw new UsageError("--steps is one workload: it goes without --length and --random");
    }
    return givenWorkload(parseSteps(options.steps));
  }
  if (count === undefined) {
    const misplaced = options.seed !== undefined ? "--seed" : options.swarm ? "--swarm" : undefined;
    if (misplaced) throw new UsageError(`${misplaced} goes with --random`);
    return allWorkloads(shape, length ?? EXHAUSTIVE_LENGTH);
  }
  return randomWorkloads(shape, {
    seed: numberOf("seed", options.seed) ?? 1,
    count,
    maxSteps: length ?? RANDOM_LENGTH,
    swarm: options.swarm ?? false,
  });
}

/** What an option says, a whole number above zero; undefined if it is not given. */
function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new UsageError(`--${name} ${text}: must be a whole number above 0`);
}

/** What a sweep was about, for its report. */
interface Context {
  readonly subject: Subject;
  readonly options: SweepCommandOptions;
  readonly seconds: number;
}

function printText(result: SweepResult, context: Context, output: Output): void {
  for (const finding of result.findings) {
    output.print(findingText(finding, context));
    const path = savedFinding(finding, context, output);
    if (path) output.print(`  smaller, and why: deno task crash shrink ${path}`);
    output.print("");
  }
  const { verdict, subject, presets, depth, coverage, states, recoveries, failing } = result;
  output.print(
    `${subject} under ${presets.join(", ")}: ` +
      (verdict === "clean" ? "clean" : `${failing} workload(s) fail`),
  );
  output.print(`  ${coverageText(coverage)}`);
  output.print(
    `  each under every crash${depth > 1 ? `, ${depth} in a row` : ""}: ${
      formatStates(states)
    } states, ${recoveries} recoveries; ` +
      `${context.seconds.toFixed(1)} s`,
  );
  if (coverage.stopped?.by === "first finding") {
    output.print("  Go on to a finding of each kind: --all");
  }
}

/** Where a finding's replay file is, if it has one and it is to be saved. */
function savedFinding(
  finding: SweepFinding,
  { subject, options }: Context,
  output: Output,
): string | undefined {
  if (finding.kind !== "crash" || options.saveTo === undefined) return undefined;
  return saveReplay(options.saveTo, replayOfFinding(finding, subject, options), output);
}

/** What was done, what a crash makes of it, and how to see that again. */
function findingText(finding: SweepFinding, { subject, options }: Context): string {
  const done = finding.words.map((words, i) => `  ${i + 1}. ${words}`);
  const shown = finding.kind === "refused"
    ? `refused, without any crash: ${finding.refusal.detail}`
    : violationText(finding.violation, subject.record(finding.steps).log);
  return [
    ...done,
    shown.split("\n").map((line) => `  ${line}`).join("\n"),
    `  again: ${commandFor(finding, options)}`,
  ].join("\n");
}

/** The command line that runs this one workload. */
function commandFor(finding: SweepFinding, options: SweepCommandOptions): string {
  const words = ["deno task crash sweep", ...targetWords(options)];
  if (finding.kind === "crash") words.push(`--preset ${finding.preset}`);
  if (options.depth !== undefined) words.push(`--depth ${options.depth}`);
  return [...words, `--all --steps '${JSON.stringify(finding.steps)}'`].join(" ");
}

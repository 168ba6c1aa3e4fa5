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
} from "../../harness/advanced.ts";
import { printJson } from "../kit/json.ts";
import { type CrashFinding, sweepReport } from "./report/results_report.ts";
import { contextOf, writeReport } from "./report/write_report.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { EXIT } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import { parseSteps } from "./parse_steps.ts";
import { saveReplay } from "./save_replay.ts";
import { replayOfFinding } from "./sweep_replay.ts";
import type { SweepOptions } from "./sweep_options.ts";
import { sweepTarget, targetWords } from "./sweep_targets.ts";

/** Steps of a workload if no number is given: of random ones, and of all there are. */
const RANDOM_LENGTH = 8;
const EXHAUSTIVE_LENGTH = 3;

/** Generate workloads, all or random ones, run each and explore it. Returns the exit code. */
export async function sweepWorkloads(options: SweepOptions, io: Io): Promise<number> {
  const { subject, shape } = sweepTarget(options);
  const presets = presetsNamed(options.preset);
  const { maxSeconds, maxWorkloads, report } = options;
  const source = sourceFor(options, shape);
  const start = io.now();
  const result = sweep(subject, source, {
    presets,
    continueAfterFailure: options.all,
    depth: options.depth ?? 1,
    ...(maxWorkloads !== undefined && { maxWorkloads }),
    ...(maxSeconds !== undefined && {
      time: { maxMilliseconds: maxSeconds * 1000, now: () => io.now() },
    }),
    onProgress: (done, failing) =>
      io.showStatus(`${subject.name}: ${done} workloads, ${failing} of them fail`),
  });
  const seconds = (io.now() - start) / 1000;
  if (report) {
    const describe = (finding: CrashFinding, title: string) => ({
      violation: finding.violation,
      recording: subject.record(finding.steps),
      preset: lookUpPreset(finding.preset),
      title,
      replay: io.commandText("crash", ...wordsFor(finding, options)),
    });
    writeReport(report.path, await sweepReport(result, describe, contextOf(report)));
  }
  if (options.json) {
    const findings = result.findings.map((finding) =>
      finding.kind === "crash"
        ? { ...finding, replay: replayOfFinding(finding, subject, options) }
        : finding
    );
    printJson(io, { ...result, findings, seconds });
  } else printText(result, { subject, options, seconds }, io);
  return result.verdict === "clean" ? EXIT.OK : EXIT.FINDING;
}

function presetsNamed(names: string): Preset[] {
  if (names === "survivable") return [...SURVIVABLE_PRESETS];
  return names.split(",").map((name) => lookUpPreset(name));
}

function sourceFor(
  { length, random, seed, swarm, steps }: SweepOptions,
  shape: DiskShape,
): WorkloadSource {
  if (steps !== undefined) return givenWorkload(parseSteps(steps));
  if (random === undefined) return allWorkloads(shape, length ?? EXHAUSTIVE_LENGTH);
  const maxSteps = length ?? RANDOM_LENGTH;
  return randomWorkloads(shape, { seed, count: random, maxSteps, swarm });
}

/** A sweep, for its report. */
interface Context {
  readonly subject: Subject;
  readonly options: SweepOptions;
  readonly seconds: number;
}

function printText(result: SweepResult, context: Context, io: Io): void {
  for (const finding of result.findings) {
    io.printLine(findingText(finding, context, io));
    const path = savedFinding(finding, context, io);
    if (path) io.printLine(`  smallest case, and why: ${io.commandText("crash", "shrink", path)}`);
    io.printLine("");
  }
  const { verdict, subject, presets, depth, coverage, states, recoveries, failing } = result;
  io.printLine(
    `${subject} under ${presets.join(", ")}: ` +
      (verdict === "clean" ? "clean" : `${failing} workload(s) fail`),
  );
  io.printLine(`  ${coverageText(coverage)}`);
  io.printLine(
    `  each under every crash${depth > 1 ? `, ${depth} in a row` : ""}: ${
      formatStates(states)
    } states, ${recoveries} recoveries; ` +
      `${context.seconds.toFixed(1)} s`,
  );
  if (coverage.stopped?.by === "first finding") {
    io.printLine("  --all continues to a finding of each kind");
  }
}

/** Save the replay file of a finding; returns its path. */
function savedFinding(
  finding: SweepFinding,
  { subject, options }: Context,
  io: Io,
): string | undefined {
  if (finding.kind !== "crash" || options.saveTo === undefined) return undefined;
  return saveReplay(options.saveTo, replayOfFinding(finding, subject, options), io);
}

/** The steps, the violation, and the command that shows it again. */
function findingText(
  finding: SweepFinding,
  { subject, options }: Context,
  io: Io,
): string {
  const done = finding.words.map((words, i) => `  ${i + 1}. ${words}`);
  const shown = finding.kind === "refused"
    ? `refused, without any crash: ${finding.refusal.detail}`
    : violationText(finding.violation, subject.record(finding.steps).log);
  return [
    ...done,
    shown.split("\n").map((line) => `  ${line}`).join("\n"),
    `  command: ${io.commandText("crash", ...wordsFor(finding, options))}`,
  ].join("\n");
}

/** The words of a command line that runs this one workload. */
function wordsFor(finding: SweepFinding, options: SweepOptions): string[] {
  const words = ["sweep", ...targetWords(options)];
  if (finding.kind === "crash") words.push("--preset", finding.preset);
  if (options.depth !== undefined) words.push("--depth", `${options.depth}`);
  return [...words, "--all", "--steps", JSON.stringify(finding.steps)];
}

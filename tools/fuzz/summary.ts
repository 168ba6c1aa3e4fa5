import { textTable } from "../kit/table.ts";
import type { CampaignResult } from "./campaign.ts";
import { countParts, type FoundCase } from "./findings.ts";
import type { RepairFigures } from "./repair_mode.ts";

/** A finding, and where it was saved. */
export interface SavedFinding {
  /** The finding. */
  readonly found: FoundCase;
  /** Its folder. */
  readonly folder: string;
}

/** The facts of a run that a summary prints. */
export interface SummaryFacts {
  /** The seed. */
  readonly seed: string;
  /** The duration. */
  readonly seconds: number;
  /** The version of QEMU; undefined where it is not compared. */
  readonly qemuVersion: string | undefined;
  /** How the user calls the fuzzer. */
  readonly invocation: string;
  /** Findings about us. */
  readonly findings: readonly SavedFinding[];
}

/** The result of a campaign as text. */
export function describeCampaign(result: CampaignResult, facts: SummaryFacts): string {
  const { casesHere, casesCompared, verdicts, rules, aboutQemu } = result;
  const perSecond = (count: number) => (count / Math.max(facts.seconds, 0.001)).toFixed(1);
  const lines = [
    table(verdicts),
    "",
    `${casesHere} cases here (${perSecond(casesHere)}/s), ${casesCompared} compared with QEMU ` +
    `(${perSecond(casesCompared)}/s), ${facts.seconds.toFixed(1)} s`,
    `seed ${facts.seed}; ${facts.qemuVersion ?? "NOT COMPARED WITH QEMU"}`,
    ...aboutQemu.map(({ finding, token }) =>
      `about QEMU: ${finding.rule}: ${
        finding.message.split("\n")[0]
      }\n  ${facts.invocation} --replay ${token}`
    ),
    ...describeFindings(facts, rules),
  ];
  return `${lines.join("\n")}\n`;
}

/** The result of the repairs as text. */
export function describeRepairs(figures: RepairFigures, facts: SummaryFacts): string {
  const { images, damaged, refused, clean, defragmented, leaksLeft, known, askedQemu } = figures;
  const lines = [
    `${images} images, ${damaged} of them damaged after a valid header`,
    `  ${clean} clean for both checkers`,
    `  ${defragmented} with leaks that no table fits into; clean for both once defragmented`,
    `  ${leaksLeft} clean but for leaks, even then`,
    ...[...known].map(([name, count]) => `  ${count} clean here, in QEMU but for: ${name}`),
    `  ${refused} refused and not touched`,
    `${askedQemu} checked by QEMU; ${facts.seconds.toFixed(1)} s`,
    `seed ${facts.seed}; ${facts.qemuVersion ?? "NOT COMPARED WITH QEMU"}`,
    ...describeFindings(facts, new Map()),
  ];
  return `${lines.join("\n")}\n`;
}

function table(counts: ReadonlyMap<string, number>): string {
  const rows = [...counts].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, count]) => [String(count), name]);
  return textTable(["cases", "verdict"], rows, { alignRight: [0] });
}

function describeFindings(
  { findings, invocation }: SummaryFacts,
  rules: ReadonlyMap<string, number>,
): string[] {
  if (findings.length === 0) return ["no findings"];
  return findings.flatMap(({ found, folder }) => {
    const { finding, token, one, smallest } = found;
    const count = rules.get(finding.rule);
    return [
      "",
      `FINDING ${finding.rule}${count === undefined ? "" : ` (${count} cases)`}`,
      ...finding.message.split("\n").slice(0, 12).map((line) => `  ${line}`),
      `  ${countParts(smallest)} of ${
        countParts(one)
      } edits and steps show it: ${folder}/smallest.case`,
      `  ${invocation} --replay ${token}`,
    ];
  });
}

/** The result of a campaign, to be printed as JSON. */
export function campaignJson(result: CampaignResult, facts: SummaryFacts): unknown {
  const { casesHere, casesCompared, verdicts, rules, aboutQemu } = result;
  return {
    mode: "cases",
    casesHere,
    casesCompared,
    verdicts: Object.fromEntries([...verdicts].sort()),
    rules: Object.fromEntries(rules),
    aboutQemu: aboutQemu.map(({ finding, token }) => ({ ...finding, token })),
    ...factsJson(facts),
  };
}

/** The result of the repairs, to be printed as JSON. */
export function repairsJson(figures: RepairFigures, facts: SummaryFacts): unknown {
  const { findings: _, known, ...counts } = figures;
  return {
    mode: "repair",
    ...counts,
    known: Object.fromEntries(known),
    ...factsJson(facts),
  };
}

function factsJson({ seed, seconds, qemuVersion, findings }: SummaryFacts) {
  return {
    seed,
    seconds,
    qemu: qemuVersion ?? null,
    findings: findings.map(({ found, folder }) => ({
      ...found.finding,
      token: found.token,
      folder,
    })),
  };
}

import {
  exploreLazily,
  prepareContext,
  type ReportDocument,
  reportPage,
  type ReportViolation,
} from "../harness/advanced.ts";
import { SCENARIOS } from "../scenarios/catalog.ts";
import { LiveCases } from "../tools/crash/report/live/live_cases.ts";
import { startBrowser } from "../test_support/browser.ts";
import { violationOf } from "../tools/crash/report/violation_of.ts";
import { numberedCases } from "../scenarios/qed/run_scenario.ts";
import { guestBytesOf, setUp } from "../scenarios/qed/scenario.ts";
import { benchFolder } from "./folder.ts";
import { median, secondsOf } from "./measure.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

export const name = "report-page";

const VIOLATIONS = 100;

/**
 * How long a page with a hundred violations takes to open in Chromium, up to the verdict of the first one,
 * which the page works out itself. The peer is the same data as text in a page.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const report = await largeReport();
  const page = reportPage(report);
  const plain = `<!doctype html><title>plain</title><pre>${
    JSON.stringify(report.violations).replaceAll("<", "&lt;")
  }</pre>`;
  using folder = benchFolder(2 ** 25);
  const [ours, peer] = [`${folder.path}/page.html`, `${folder.path}/plain.html`];
  Deno.writeTextFileSync(ours, page);
  Deno.writeTextFileSync(peer, plain);
  const browser = await startBrowser();
  const times: [number[], number[]] = [[], []];
  const rounds = isQuick ? 3 : 7;
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [at, path] of [ours, peer].entries()) {
        const tab = await browser.newPage();
        times[at].push(
          await secondsOf(async () => {
            await tab.goto(`file://${path}`);
            if (path === ours) await tab.locator(".live .verdict").first().waitFor();
          }),
        );
        await tab.close();
      }
      printRound(name, round, rounds);
    }
  } finally {
    await browser.close();
  }
  const mib = page.length / 2 ** 20;
  const [seconds, peerSeconds] = times.map(median);
  return {
    tables: [[
      ["page", "MiB", "opens in"],
      [`${report.violations.length} violations`, mib.toFixed(2), `${seconds.toFixed(2)} s`],
      ["the same as text", (plain.length / 2 ** 20).toFixed(2), `${peerSeconds.toFixed(2)} s`],
    ]],
    notes: ["until the first verdict that the page works out itself is there"],
    figures: { openSeconds: seconds, pageMib: mib, "to plain text: ratio": seconds / peerSeconds },
  };
}

/** What scenarios find, over and over until there are enough. */
async function largeReport(): Promise<ReportDocument> {
  const cases = new LiveCases();
  const violations: ReportViolation[] = [];
  for (const scenario of SCENARIOS) {
    for (const { case: each } of numberedCases(scenario)) {
      if (each.expected === "clean") continue;
      const { log, target } = setUp(each);
      const guestBytes = guestBytesOf(each);
      const { violations: all } = exploreLazily(log, target, each.preset, { guestBytes });
      const trial = prepareContext(log, target, each.preset, { guestBytes });
      for (const violation of all.slice(0, 4)) {
        const options = { title: scenario.name, replay: [], guestBytes };
        const reported = violationOf(trial, violation, options);
        violations.push({ ...reported, ...cases.add(trial, violation) });
      }
    }
  }
  // The first one is open: it is to be one that the page checks.
  violations.sort((a, b) => Number(b.liveCase !== undefined) - Number(a.liveCase !== undefined));
  return await cases.complete({
    ...{ title: "A large report", summary: "", command: "", facts: [], tables: [], notes: [] },
    violations: Array.from({ length: VIOLATIONS }, (_, i) => violations[i % violations.length]),
  });
}

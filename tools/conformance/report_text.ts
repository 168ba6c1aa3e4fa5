import { textTable } from "../kit/table.ts";
import type { AdapterResult, TestResult } from "./result.ts";

/** The number of tests for each status. */
export type Totals = Readonly<Record<TestResult["status"], number>>;

/** Count results. */
export function totalsOf(results: readonly TestResult[]): Totals {
  const totals = { passed: 0, failed: 0, known: 0, surprising: 0, lacking: 0 };
  for (const { status } of results) totals[status]++;
  return totals;
}

/** The case that a test belongs to. */
export function caseOf(testName: string): string {
  return testName.slice(0, testName.lastIndexOf(": "));
}

/** The whole report for people: a row for each case, then what is not as documented. */
export function describeResults(all: readonly AdapterResult[]): string {
  const tested = all.filter(({ missing }) => missing === undefined);
  return [
    ...(tested.length > 0 ? [caseTable(tested), ""] : []),
    ...all.flatMap((each) => describeFailures(each)),
    ...all.map(summaryLine),
    "",
  ].join("\n");
}

/** The cases of several results, each with its results by adapter. */
function byCase(all: readonly AdapterResult[]): Map<string, TestResult[][]> {
  const rows = new Map<string, TestResult[][]>();
  for (const [index, { results }] of all.entries()) {
    for (const result of results) {
      const name = caseOf(result.name);
      if (!rows.has(name)) rows.set(name, all.map(() => []));
      rows.get(name)![index].push(result);
    }
  }
  return rows;
}

function caseTable(all: readonly AdapterResult[]): string {
  return textTable(
    ["case", ...all.map(({ name }) => name)],
    Array.from(byCase(all), ([name, results]) => [name, ...results.map(cell)]),
  );
}

/** The result of a case: `pass`, or the number of tests that did not. */
function cell(results: readonly TestResult[]): string {
  const { passed, failed, known, surprising, lacking } = totalsOf(results);
  const count = results.length;
  if (failed + surprising > 0) return `FAIL ${failed + surprising}/${count}`;
  if (known > 0) return `known difference ${known}/${count}`;
  if (passed > 0) return lacking > 0 ? `pass ${passed}/${count}` : "pass";
  return lacking > 0 ? "lacks it" : "";
}

function describeFailures({ name, results, unknownTests }: AdapterResult): string[] {
  const wrong = results.filter(({ status }) => status === "failed" || status === "surprising");
  const stale = unknownTests.map((test) =>
    `FAIL ${name}: "${test}"\n  the adapter has a difference for it, but there is no such test\n`
  );
  return [
    ...wrong.map(({ name: test, expected, found, detail = "" }) => {
      const lines = detail.trim().split("\n").slice(0, 5).filter((line) => line !== "");
      return `FAIL ${name}: ${test}\n  expected: ${expected}\n  found: ${found}\n` +
        lines.map((line) => `  | ${line}\n`).join("");
    }),
    ...stale,
  ];
}

function summaryLine({ name, version, missing, results, unknownTests }: AdapterResult): string {
  if (missing !== undefined) return `NOT TESTED: ${name}: ${missing}`;
  const { passed, failed, known, surprising, lacking } = totalsOf(results);
  const parts = [
    `${passed} passed`,
    `${failed + surprising + unknownTests.length} failed`,
    ...(known > 0 ? [`${known} known differences`] : []),
    ...(lacking > 0 ? [`${lacking} left out`] : []),
  ];
  return `${name}${version === undefined ? "" : ` (${version})`}: ${parts.join(", ")}`;
}

import type { Adapter } from "./adapter.ts";
import { caseOf, totalsOf } from "./report_text.ts";
import type { AdapterResult, TestResult } from "./result.ts";
import type { TestCase } from "./cases/test_case.ts";

/**
 * The results of one implementation as Markdown, for documentation: totals, the known differences
 * with their numbers, and a row for each case.
 */
export function describeInMarkdown(
  adapter: Adapter,
  { results }: AdapterResult,
  cases: readonly TestCase[],
): string {
  const { passed, failed, surprising, known, lacking } = totalsOf(results);
  const lines = [
    `${results.length} tests: ${passed} as specified, ${known} known differences, ` +
    `${failed + surprising} others, ${lacking} left out.`,
    "",
    ...adapter.differences.flatMap((difference, index) => [
      `**${index + 1}.** ${difference.why}${difference.see ? ` [More.](${difference.see})` : ""}`,
      "",
      ...Object.entries(difference.tests).map(([test, found]) => `- \`${test}\`: ${found}`),
      "",
    ]),
    ...caseTable(adapter, results, cases),
  ];
  return `${lines.join("\n")}\n`;
}

function caseTable(
  adapter: Adapter,
  results: readonly TestResult[],
  cases: readonly TestCase[],
): string[] {
  const rows = cases.map(({ name, about, tests }) => {
    const own = results.filter((result) => caseOf(result.name) === name);
    const what = tests.map((test) => test.name.slice(name.length + 2)).join(", ");
    return [name, about, what, describeCase(adapter, own)];
  });
  const table = [["Case", "Why", "Tests", adapter.name], ...rows];
  const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, i) => text.padEnd(widths[i])).join(" | ")} |`;
  return [
    line(table[0]),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...rows.map(line),
  ];
}

/** `as specified`, or what is not: numbers of differences, and what is left out. */
function describeCase(adapter: Adapter, results: readonly TestResult[]): string {
  const notes = new Set<string>();
  for (const { name, status, why } of results) {
    if (status === "failed" || status === "surprising") notes.add("FAILS");
    if (status === "lacking") notes.add(`lacks ${why}`);
    if (status !== "known") continue;
    const index = adapter.differences.findIndex(({ tests }) => Object.hasOwn(tests, name));
    notes.add(`differs: ${index + 1}`);
  }
  return notes.size === 0 ? "as specified" : [...notes].join(", ");
}

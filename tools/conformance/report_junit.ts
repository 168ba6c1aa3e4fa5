import type { AdapterResult, TestResult } from "./result.ts";
import { caseOf, totalsOf } from "./report_text.ts";

/**
 * The results as JUnit XML: a suite for each adapter. Known differences and what an implementation
 * lacks are skipped tests, with the reason; an adapter that could not be tested is a suite with one
 * error.
 */
export function junitXml(all: readonly AdapterResult[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    ...all.flatMap(suite),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(result: AdapterResult): string[] {
  const { name, missing, results, unknownTests } = result;
  const { failed, known, surprising, lacking } = totalsOf(results);
  const counts = attributes({
    name,
    tests: results.length + unknownTests.length + (missing === undefined ? 0 : 1),
    failures: failed + surprising + unknownTests.length,
    errors: missing === undefined ? 0 : 1,
    skipped: known + lacking,
    time: seconds(results.reduce((sum, { milliseconds }) => sum + milliseconds, 0)),
  });
  const stale = unknownTests.map((test) =>
    testCase({ classname: name, name: test, time: "0.000" }, [
      `      <failure${attributes({ message: "listed as a difference, but no test" })}/>`,
    ])
  );
  const absent = missing === undefined ? [] : [
    testCase({ classname: name, name: "version", time: "0.000" }, [
      `      <error${attributes({ message: missing })}/>`,
    ]),
  ];
  return [
    `  <testsuite${counts}>`,
    ...results.map((each) => resultCase(name, each)),
    ...stale,
    ...absent,
    "  </testsuite>",
  ];
}

function resultCase(adapter: string, result: TestResult): string {
  const { name, status, expected, found = "", why = "", detail = "", milliseconds } = result;
  const group = caseOf(name).split("/")[0];
  const head = { classname: `${adapter}.${group}`, name, time: seconds(milliseconds) };
  switch (status) {
    case "passed":
      return testCase(head, []);
    case "known":
      return testCase(head, [`      <skipped${attributes({ message: `${found}: ${why}` })}/>`]);
    case "lacking":
      return testCase(head, [`      <skipped${attributes({ message: `lacks ${why}` })}/>`]);
    case "failed":
    case "surprising": {
      const message = attributes({ message: `expected ${expected}, found ${found}`, type: status });
      return testCase(head, [`      <failure${message}>${escapeXml(detail)}</failure>`]);
    }
  }
}

function testCase(
  head: Readonly<Record<string, string | number>>,
  children: readonly string[],
): string {
  const start = `    <testcase${attributes(head)}`;
  if (children.length === 0) return `${start}/>`;
  return [`${start}>`, ...children, "    </testcase>"].join("\n");
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values).map(([name, value]) => ` ${name}="${escapeXml(`${value}`)}"`)
    .join("");
}

/**
 * Text as XML: markup escaped, and what XML cannot have at all (control characters, halves of
 * surrogate pairs) replaced.
 */
export function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text.toWellFormed()
    // deno-lint-ignore no-control-regex
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replaceAll(/[&<>"']/g, (character) => names[character]);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

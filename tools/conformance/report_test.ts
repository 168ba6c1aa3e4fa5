import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { escapeXml, junitXml } from "./report_junit.ts";
import { describeResults } from "./report_text.ts";
import type { AdapterResult, TestResult } from "./result.ts";
import { assertWellFormed } from "./xml_testing.ts";

function result(name: string, status: TestResult["status"], more: Partial<TestResult> = {}) {
  return { name, status, expected: "clean", milliseconds: 1500, ...more };
}

const EVERYTHING: readonly AdapterResult[] = [
  {
    name: "one",
    version: "one 1.0",
    unknownTests: ["gone: open"],
    results: [
      result("a/b: open", "passed"),
      result("a/b: check", "failed", { found: "leaks", detail: "it said:\n\nleaks\n" }),
      result("a/c: open", "known", { found: "opens", why: "It does." }),
      result("a/c: check", "surprising", { found: "passes", why: "It did not." }),
      result("a/d: open", "lacking", { why: "command open" }),
    ],
  },
  { name: "two", missing: "No such file", unknownTests: [], results: [] },
];

Deno.test("the report for people has a row for each case, and all that is wrong", () => {
  assertEquals(
    describeResults(EVERYTHING),
    `case  one
----  --------
a/b   FAIL 1/2
a/c   FAIL 1/2
a/d   lacks it

FAIL one: a/b: check
  expected: clean
  found: leaks
  | it said:
  | leaks

FAIL one: a/c: check
  expected: clean
  found: passes

FAIL one: "gone: open"
  the adapter has a difference for it, but there is no such test

one (one 1.0): 1 passed, 3 failed, 1 known differences, 1 left out
NOT TESTED: two: No such file
`,
  );
});

Deno.test("JUnit XML counts and names everything", () => {
  const xml = junitXml(EVERYTHING);
  assertWellFormed(xml);
  assertEquals(
    xml,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="one" tests="6" failures="3" errors="0" skipped="2" time="7.500">
    <testcase classname="one.a" name="a/b: open" time="1.500"/>
    <testcase classname="one.a" name="a/b: check" time="1.500">
      <failure message="expected clean, found leaks" type="failed">it said:

leaks
</failure>
    </testcase>
    <testcase classname="one.a" name="a/c: open" time="1.500">
      <skipped message="opens: It does."/>
    </testcase>
    <testcase classname="one.a" name="a/c: check" time="1.500">
      <failure message="expected clean, found passes" type="surprising"></failure>
    </testcase>
    <testcase classname="one.a" name="a/d: open" time="1.500">
      <skipped message="lacks command open"/>
    </testcase>
    <testcase classname="one" name="gone: open" time="0.000">
      <failure message="listed as a difference, but no test"/>
    </testcase>
  </testsuite>
  <testsuite name="two" tests="1" failures="0" errors="1" skipped="0" time="0.000">
    <testcase classname="two" name="version" time="0.000">
      <error message="No such file"/>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
});

Deno.test("whatever a command prints, the XML stays well-formed", () => {
  const nasty = `</failure>]]><!-- & "'\x00\x1b[31m\ud800 \ufffe é \u{1f4be}\n\t`;
  const results = [result(`a"<&/${nasty}: open`, "failed", { found: nasty, detail: nasty })];
  assertWellFormed(junitXml([{ name: nasty, unknownTests: [nasty], results }]));
  assertStringIncludes(escapeXml(nasty), "&lt;/failure&gt;]]&gt;&lt;!-- &amp; &quot;&apos;\ufffd");
});

for (
  const bad of ["<a>", "<a></b>", '<a x="<"/>', '<a x="&"/>', "<a>&</a>", "<a>\x00</a>", "<a x=1/>"]
) {
  Deno.test(`${JSON.stringify(bad)} is not well-formed`, () => {
    assertThrows(() => assertWellFormed(`<?xml version="1.0" encoding="UTF-8"?>\n${bad}`));
  });
}

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { ReportDocument, ReportViolation } from "./document.ts";
import { escapeHtml } from "./html.ts";
import { reportPage } from "./report_page.ts";

const HOSTILE = `</script><img src=x onerror="alert(1)"> & '`;

const VIOLATION: ReportViolation = {
  title: HOSTILE,
  kind: HOSTILE,
  detail: HOSTILE,
  explanation: [HOSTILE],
  replay: [HOSTILE],
  timeline: [
    { kind: "guest", lane: "guest", text: HOSTILE, answeredAt: 2 },
    { kind: "write", lane: HOSTILE, text: HOSTILE, outcome: "lost" },
    { kind: "flush", lane: "flush", text: "flush" },
    { kind: "crash", lane: "", text: "crash" },
  ],
  stages: {
    title: HOSTILE,
    rows: [{ name: HOSTILE, before: HOSTILE, left: HOSTILE, after: HOSTILE, wrong: HOSTILE }],
    note: HOSTILE,
  },
  liveCase: 0,
};

const REPORT: ReportDocument = {
  title: HOSTILE,
  summary: HOSTILE,
  command: HOSTILE,
  facts: [[HOSTILE, HOSTILE]],
  tables: [{
    title: HOSTILE,
    head: ["name", "value"],
    rows: [[HOSTILE, "12"]],
    numeric: [1],
    bars: [1],
  }],
  violations: [VIOLATION],
  notes: [HOSTILE],
  live: { script: "'</script>'", modules: { "node:fs": HOSTILE }, data: JSON.stringify([HOSTILE]) },
};

Deno.test("no text of a report is taken for HTML", () => {
  const page = reportPage(REPORT);
  assertEquals(page.includes("<img"), false);
  assertEquals(page.match(/<script/g)?.length, page.match(/<\/script>/g)?.length);
  assertStringIncludes(page, escapeHtml(HOSTILE));
});

Deno.test("what a program works on survives the way into the page", () => {
  const page = reportPage(REPORT);
  const [, json] = /id="live-data">([^]*?)<\/script>/.exec(page)!;
  assertEquals(JSON.parse(json), [HOSTILE]);
});

Deno.test("injected: text that is not escaped is found by the same test", () => {
  const page = reportPage(REPORT).replaceAll("&#60;", "<");
  assert(page.includes("<img"));
});

Deno.test("a page names nothing that would have to be fetched", () => {
  const page = reportPage({ ...REPORT, title: "report" });
  assertEquals(page.match(/(?:src|href)="(?!#|data:)[^"]*"/g), null);
  assertStringIncludes(page, "default-src &#39;none&#39;");
});

Deno.test("what is drawn is there as a table too", () => {
  const page = reportPage({ ...REPORT, violations: [{ ...VIOLATION, title: "one" }] });
  for (const figure of ["timeline", "bars"]) assertStringIncludes(page, `<svg class="${figure}"`);
  assertMatch(page, /<td\s+class="number"\s*>12<\/td>/);
  assertStringIncludes(page, "Show as table");
});

Deno.test("the name of a lane is as long as there is room for, and whole when pointed at", () => {
  const lane = "a table of tables of tables";
  const timeline = [{ kind: "write", lane, text: "write", outcome: "lost" }] as const;
  const page = reportPage({ ...REPORT, violations: [{ ...VIOLATION, timeline }] });
  assertMatch(page, /a table of tables…<title>a table of tables of tables<\/title>/);
});

Deno.test("nothing found is said", () => {
  assertStringIncludes(reportPage({ ...REPORT, violations: [] }), "every promise was kept");
});

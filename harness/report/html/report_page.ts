import { barFigure } from "./bar_figure.ts";
import type {
  ReportDocument,
  ReportLive,
  ReportStages,
  ReportTable,
  ReportViolation,
  TimelineEntry,
} from "./document.ts";
import { type Html, html, jsonForScript, raw } from "./html.ts";
import { STYLE } from "./style.ts";
import { OUTCOMES, timelineFigure } from "./timeline_figure.ts";

/** Scripts in the page itself may run, and nothing is fetched from anywhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' data:; " +
  "img-src data:; base-uri 'none'; form-action 'none'";

/** On paper nothing can be opened: everything is, while it is printed. */
const PRINTING = `
const closed = new Set();
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details:not([open])")) { closed.add(each); each.open = true; }
});
addEventListener("afterprint", () => { for (const each of closed) each.open = false; closed.clear(); });
const named = document.getElementById(location.hash.slice(1))?.querySelector(":scope > details");
if (named) named.open = true;
`;

/**
 * A report as one HTML page that needs nothing else: no network, and no program but a browser. The same for
 * the same document.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { reportPage } from "@powercut/powercut/harness/advanced";
 *
 * const page = reportPage({
 *   title: "All scenarios",
 *   summary: "nothing was found",
 *   command: "deno task crash",
 *   facts: [["preset", "sectors"]],
 *   tables: [],
 *   violations: [],
 *   notes: ["1 < 2"],
 * });
 * assertStringIncludes(page, "<h1>All scenarios</h1>");
 * assertStringIncludes(page, "1 &#60; 2");
 * ```
 */
export function reportPage(report: ReportDocument): string {
  const { title, summary, command, facts, tables, violations, notes, live } = report;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="${POLICY}">
        <title>${title}</title>
        <style>${raw(STYLE)}</style>
        ${live ? importMap(live) : undefined}
          </head>
      <body>
        <a class="skip" href="#found">Skip to findings</a>
        <header>
        <h1>${title}</h1>
        <p class="lead">${summary}</p>
        <dl class="facts">${facts.map(([name, value]) =>
          html`
            <dt>${name}</dt>
            <dd>${value}</dd>
          `
        )}
        <dt>Command</dt><dd><code>${command}</code></dd></dl>
        </header>
        <main>
        ${tables.filter(({ bars }) => !bars).map(tableSection)}
        <section id="found" aria-labelledby="found-title">
        <h2 id="found-title">Findings</h2>
        ${violations.length === 0
          ? html`<p class="verdict good">None: every promise was kept.</p>`
          : violations.map(violationSection)}
        </section>
    ${tables.filter(({ bars }) => bars).map(tableSection)}
        ${notes.length === 0 ? undefined : html`
          <section>
            <h2>Notes</h2>
            <ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>
          </section>
        `}
        </main>
        <script>${raw(PRINTING)}</script>
        ${live
          ? html`<script type="application/json" id="live-data">${jsonForScript(live.data)}</script>
<script type="module">${raw(live.script.replaceAll("</script", "<\\/script"))}</script>`
          : undefined}
          </body>
    </html>
  `.html;
}

/** Where the program finds the modules that a browser does not have. */
function importMap({ modules }: ReportLive): Html {
  const imports = Object.fromEntries(
    Object.entries(modules).map(([name, source]) => [
      name,
      `data:text/javascript,${encodeURIComponent(source)}`,
    ]),
  );
  return html`<script type="importmap">${jsonForScript(JSON.stringify({ imports }))}</script>`;
}

function tableSection(table: ReportTable): Html {
  const { title, bars } = table;
  return html`<section><h2>${title}</h2>
${bars ? html`<figure style="margin:0">${barFigure(table)}</figure>` : undefined}
${tableOf(table)}</section>`;
}

function tableOf({ title, head, rows, numeric = [] }: ReportTable): Html {
  const kind = (column: number) =>
    numeric.includes(column)
      ? html`
        class="number"
      `
      : undefined;
  return html`
    <div class="scroll" role="region" aria-label="${title}" tabindex="0">
      <table>
        <thead>
          <tr>${head.map((text, i) =>
            html`
              <th scope="col" ${kind(i)}>${text}</th>
            `
          )}</tr>
        </thead>
        <tbody>${rows.map((row) =>
          html`<tr>${row.map((text, i) => html`<td${kind(i)}>${text}</td>`)}</tr>\n`
        )}</tbody>
      </table>
    </div>
  `;
}

function violationSection(violation: ReportViolation, number: number): Html {
  const { title, kind, detail, explanation, replay, timeline, stages, liveCase, noLive } =
    violation;
  return html`
    <article id="violation-${number + 1}">
      <details class="violation" ${number === 0 ? raw(" open") : undefined}>
        <summary><span class="kind">${kind}</span> · ${title}<small>${detail}</small></summary>
        <div>
    ${explanation.map((sentence) => html`<p>${sentence}</p>`)}
    <h3>Reproduce</h3>
    <pre tabindex="0">${replay.join("\n")}</pre>
    <h3>Timeline</h3>
    ${legend()}
    <div class="scroll" role="region" aria-label="Timeline" tabindex="0">${timelineFigure(
      timeline,
    )}</div>
    <details><summary>Show as table</summary>${timelineTable(timeline)}</details>
    ${stages ? stagesSection(stages) : undefined}
    ${liveCase !== undefined
      ? html`
        <div class="live" data-case="${liveCase}">
          <h3>Try it</h3>
          <p class="hint">This needs JavaScript.</p>
        </div>
      `
      : noLive !== undefined
      ? html`<p class="hint">Interactive view not available: ${noLive}.</p>`
      : undefined}
        </div>
      </details>
    </article>
  `;
}

function legend(): Html {
  const outcomes = Object.values(OUTCOMES).map(({ sign, words }) =>
    html`<li><b>${sign}</b> ${words}</li>`
  );
  return html`<ul class="legend" aria-label="Signs">${outcomes}<li><b>|</b> flush</li></ul>`;
}

function timelineTable(timeline: readonly TimelineEntry[]): Html {
  return tableOf({
    title: "Timeline as table",
    head: ["", "Request", "Write", "Outcome"],
    rows: timeline.map(({ lane, text, outcome }, at) => [
      ...[`${at + 1}`, lane, text],
      outcome ? OUTCOMES[outcome].words : "",
    ]),
    numeric: [0],
  });
}

function stagesSection({ title, rows, note }: ReportStages): Html {
  const cells = rows.map(({ name, before, left, after, wrong }) =>
    html`<tr${wrong === undefined ? undefined : raw(' class="wrong"')}><th scope="row">${name}${
      wrong === undefined ? undefined : html`<span class="why">${wrong}</span>`
    }</th><td class="mono">${before}</td><td class="mono">${left}</td><td class="mono">${after}</td></tr>\n`
  );
  return html`
    <h3>${title}</h3>
    <div class="scroll" role="region" aria-label="${title}" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col"></th>
            <th scope="col">before</th>
            <th scope="col">as the crash left it</th>
            <th scope="col">after recovery</th>
          </tr>
        </thead>
        <tbody>${cells}</tbody>
      </table>
    </div>
    ${note === undefined ? undefined : html`<p class="hint">${note}</p>`}
  `;
}

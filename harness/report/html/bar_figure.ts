import type { ReportTable } from "./document.ts";
import { type Html, html } from "./html.ts";

const ROW = 18;
const LABEL = 210;
const WIDTH = 720;
const VALUE = 60;

/** Columns of a table as bars: a group for each row. */
export function barFigure({ title, head, rows, bars = [] }: ReportTable): Html {
  const value = (row: readonly string[], column: number) => Number(row[column].replace(/\s/g, ""));
  const max = Math.max(1, ...rows.flatMap((row) => bars.map((column) => value(row, column))));
  const group = bars.length * ROW + 8;
  const height = rows.length * group + 28;
  const legend = bars.map((column, i) => {
    const x = LABEL + i * 130;
    return html`
      <rect class="bar bar${i}" x="${x}" y="2" width="12" height="12" rx="2" />
      <text x="${x + 18}" y="12">${head[column]}</text>
    `;
  });
  return html`
    <svg class="bars" role="img" viewBox="0 0 ${WIDTH} ${height}"
      aria-label="${title}; the table has the same figures">
    ${legend}
    ${rows.map((row, at) => {
      const y = 26 + at * group;
      const label = row.filter((_, column) => column < Math.min(...bars)).slice(0, 2).join(", ");
      return html`<text x="${LABEL - 8}" y="${
        y + bars.length * ROW / 2 + 4
      }" text-anchor="end">${label}</text>
${
        bars.map((column, i) => {
          const length = value(row, column) / max * (WIDTH - LABEL - VALUE);
          return html`
            <rect class="bar bar${i}" x="${LABEL}" y="${y + i * ROW}" width="${length.toFixed(1)}"
              height="${ROW - 4}" rx="2" />
            <text x="${(LABEL + length + 6).toFixed(1)}" y="${y + i * ROW +
              11}">${row[column]}</text>
          `;
        })
      }`;
    })}
    </svg>
  `;
}

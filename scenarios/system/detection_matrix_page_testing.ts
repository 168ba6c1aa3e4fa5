/** Reads and writes docs/detection-matrix.md, whose tables come from runs. */
import { DETECTION_TABLES, type DetectionTable } from "./detection_matrix_testing.ts";

const PAGE = new URL("../../docs/detection-matrix.md", import.meta.url);

/** The text of the page. */
export function readPage(): string {
  return Deno.readTextFileSync(PAGE);
}

/** Write the text of the page. */
export function writePage(text: string): void {
  Deno.writeTextFileSync(PAGE, text);
}

/** The page with every table replaced by that of a run. */
export function pageWithTables(page: string): string {
  for (const [name, make] of Object.entries(DETECTION_TABLES)) {
    const [start, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
    const [from, to] = [page.indexOf(start), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the page has no place for the table of ${name}`);
    page = `${page.slice(0, from)}${start}\n\n${markdownOf(make())}\n\n${page.slice(to)}`;
  }
  return page;
}

/** A table with columns of even width, as the formatter has them. */
function markdownOf({ header, rows }: DetectionTable): string {
  const cells = [
    header,
    ...rows.map(({ mutant, format, detectedBy }) => [mutant, format, codeOf(detectedBy)]),
  ];
  const widths = header.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join("\n");
}

function codeOf(names: readonly string[]): string {
  return names.map((name) => name.includes(" ") ? name : `\`${name}\``).join(", ");
}

/**
 * The tables of docs/what-finds-what.md, made anew from what is found. With `--write` they replace
 * those on the page: `deno run -A --frozen scenarios/system/what_finds_what_page_testing.ts --write`.
 */
import { FINDING_TABLES, type FindingTable } from "./what_finds_what_testing.ts";

const PAGE = new URL("../../docs/what-finds-what.md", import.meta.url);

/** The page as it is. */
export function readPage(): string {
  return Deno.readTextFileSync(PAGE);
}

/** The page with all tables as they should be. */
export function pageWithTables(page: string): string {
  for (const [name, make] of Object.entries(FINDING_TABLES)) {
    const [start, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
    const [from, to] = [page.indexOf(start), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the page has no place for the table of ${name}`);
    page = `${page.slice(0, from)}${start}\n\n${markdownOf(make())}\n\n${page.slice(to)}`;
  }
  return page;
}

/** A table with columns of even width, as the formatter has them. */
function markdownOf({ header, rows }: FindingTable): string {
  const cells = [
    header,
    ...rows.map(({ defect, plantedIn, foundBy }) => [defect, plantedIn, codeOf(foundBy)]),
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

if (import.meta.main && Deno.args.includes("--write")) {
  Deno.writeTextFileSync(PAGE, pageWithTables(readPage()));
}

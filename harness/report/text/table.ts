/**
 * Rows as aligned columns under a heading; widths follow the contents.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { textTable } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(
 *   textTable(["name", "count"], [["a", "1"]], { alignRight: [1] }),
 *   ["name  count", "----  -----", "a         1"].join("\n"),
 * );
 * ```
 */
export function textTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly alignRight?: readonly number[] } = {},
): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? "").length))
  );
  const line = (row: readonly string[]) =>
    widths.map((width, column) => {
      const cell = row[column] ?? "";
      return options.alignRight?.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(heading), rule, ...rows.map(line)].join("\n");
}

/** The Markdown files: links lead somewhere, the index is complete, lines are short. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const MAX_COLUMNS = 100;

/** The files that are checked, relative to the repository's root. */
function pages(): string[] {
  const inFolder = (folder: string) =>
    [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => `${folder}${name}`);
  return [...inFolder("./"), ...inFolder("docs/"), ...inFolder("examples/"), "testdata/README.md"]
    .filter((path) => path.endsWith(".md")).map((path) => path.replace(/^\.\//, ""));
}

/** The text without code, where brackets and parentheses mean nothing. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```/gms, "").replaceAll(/^ {4}.*$/gm, "");
}

/** The targets of the links and pictures, but for those to other sites. */
function relativeLinks(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of the headings, as the usual Markdown sites make them. */
function anchors(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

/** Why a link from a page leads nowhere, or undefined if it leads somewhere. */
function problemWith(page: string, target: string): string | undefined {
  const url = new URL(target, new URL(page, ROOT));
  const anchor = decodeURIComponent(url.hash.slice(1));
  url.hash = "";
  try {
    if (Deno.statSync(url).isDirectory) return anchor ? "a folder has no anchors" : undefined;
  } catch {
    return "no such file";
  }
  if (anchor === "" || anchors(Deno.readTextFileSync(url)).includes(anchor)) return undefined;
  return "no such heading";
}

Deno.test("every relative link leads to a file and a heading", () => {
  const links = pages().flatMap((page) =>
    relativeLinks(Deno.readTextFileSync(new URL(page, ROOT))).map((target) => ({ page, target }))
  );
  assert(links.length > 100, `only ${links.length} links`);
  const broken = links.map((link) => ({ ...link, problem: problemWith(link.page, link.target) }))
    .filter(({ problem }) => problem !== undefined);
  assertEquals(broken, []);
});

Deno.test("a link to a missing file or heading is found", () => {
  assertEquals(problemWith("README.md", "docs/missing.md"), "no such file");
  assertEquals(problemWith("README.md", "docs/README.md#missing"), "no such heading");
  assertEquals(problemWith("docs/README.md", "../README.md#quick-start"), undefined);
});

Deno.test("the index of the documentation has every page", () => {
  const listed = relativeLinks(Deno.readTextFileSync(new URL("docs/README.md", ROOT)));
  const files = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => name)
    .filter((name) => name.endsWith(".md") && name !== "README.md");
  assertEquals(files.filter((name) => !listed.includes(name)), []);
});

/** Lines that are wider than the limit, but for code, tables, pictures and generated chapters. */
function wideLines(markdown: string): string[] {
  const written = prose(markdown).replaceAll(/^<!-- results .*?^<!-- end/gms, "");
  return written.split("\n").filter((line) => line.length > MAX_COLUMNS && !/^(\||!\[)/.test(line));
}

Deno.test("lines of prose end at 100 columns", () => {
  const wide = pages().flatMap((page) =>
    wideLines(Deno.readTextFileSync(new URL(page, ROOT))).map((line) => `${page}: ${line}`)
  );
  assertEquals(wide, []);
  assertEquals(wideLines(`${"x".repeat(101)}\n| ${"x".repeat(101)} |\n    ${"x".repeat(101)}\n`), [
    "x".repeat(101),
  ]);
});

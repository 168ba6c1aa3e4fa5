import { assertEquals, assertStringIncludes } from "@std/assert";
import { importGraph } from "./import_graph.ts";
import { brokenRules } from "./layers.ts";

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const FOLDERS = ["lib", "harness", "scenarios", "tools", "bench", "examples", "test_support"];

/** Every `.ts` file below a folder, relative to `root`. */
function* filesBelow(root: string, folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(root, path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

/** The rules that a tree of files, given as path and text, breaks. */
function brokenIn(files: Readonly<Record<string, string>>): string[] {
  const root = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    for (const [path, text] of Object.entries(files)) {
      Deno.mkdirSync(`${root}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      Deno.writeTextFileSync(`${root}/${path}`, text);
    }
    return brokenRules(importGraph(root, Object.keys(files)));
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("imports keep to the layers, and no values import each other in a circle", () => {
  const files = FOLDERS.flatMap((folder) => [...filesBelow(ROOT, folder)]);
  const edges = importGraph(ROOT, ["mod.ts", ...files]);
  assertEquals(edges.length > 2 * files.length, true, "too few imports: they were not read");
  assertEquals(brokenRules(edges), []);
});

const VALUE = "export const value = 1;\n";
const PLANTED: readonly [name: string, from: string, to: string, text: string][] = [
  ["a library on the harness", "lib/a.ts", "harness/b.ts", `import "../harness/b.ts";`],
  ["storage on QED", "lib/storage/a.ts", "lib/qed/b.ts", `import "../qed/b.ts";`],
  ["QED on chains", "lib/qed/io/a.ts", "lib/chain/b.ts", `export * from "../../chain/b.ts";`],
  ["a chain on the API", "lib/chain/a.ts", "lib/api/b.ts", `import "../api/b.ts";`],
  ["NBD on QED", "lib/nbd/a.ts", "lib/qed/b.ts", `import "../qed/b.ts";`],
  ["the harness on QED", "harness/a.ts", "lib/qed/b.ts", `import "../lib/qed/b.ts";`],
  [
    "a type of the search",
    "harness/reference/a.ts",
    "harness/search/b.ts",
    `import type { value } from "../search/b.ts"; export type A = typeof value;`,
  ],
  [
    "a dynamic import",
    "harness/search/a.ts",
    "harness/reference/b.ts",
    `await import("../reference/b.ts");`,
  ],
  [
    "a worker's module",
    "scenarios/a.ts",
    "tools/b.ts",
    `console.log(new URL("../tools/b.ts", import.meta.url));`,
  ],
  ["the catalog", "scenarios/qed/a.ts", "scenarios/catalog.ts", `import "../catalog.ts";`],
  ["a program in the kit", "tools/kit/a.ts", "tools/qed/b.ts", `import "../qed/b.ts";`],
  ["a test's helper", "harness/a.ts", "harness/b_testing.ts", `import "./b_testing.ts";`],
];

for (const [name, from, to, text] of PLANTED) {
  Deno.test(`an injected import is caught: ${name}`, () => {
    const broken = brokenIn({ [from]: text, [to]: VALUE });
    assertEquals(broken.length, 1);
    assertStringIncludes(broken[0], `${from} imports ${to}: `);
  });
}

Deno.test("an injected circle of values is caught, one of types is not", () => {
  const circle = (word: string) => ({
    "lib/a.ts": `import ${word} { b } from "./b.ts"; export const a = 1; export type B = typeof b;`,
    "lib/b.ts": `const { a } = await import("./c.ts"); export const b = a;`,
    "lib/c.ts": `export { a } from "./a.ts";`,
  });
  assertEquals(brokenIn(circle("")), ["lib/a.ts -> lib/b.ts -> lib/c.ts: a cycle of values"]);
  assertEquals(brokenIn(circle("type")), []);
});

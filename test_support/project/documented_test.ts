import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
/** Modules of which each export is described and shown. */
const MODULES = ["mod.ts", "lib/mod.ts", "harness/mod.ts"];
/** Modules of which each export is described. */
const PARTS = ["harness/advanced.ts"];
/** What is shown by an example of its own; types are shown where they are used. */
const SHOWN = ["function", "class", "variable"];
/** Types of the API that are shown too: what its methods take and give. */
const SHOWN_TYPES = /^(Image\w+(Options|Backing)|ChainExtent|CheckResult|StartTimer)$/;

/** The part of what `deno doc --json` prints that matters here. */
interface Documentation {
  readonly nodes: Readonly<
    Record<string, {
      readonly symbols: readonly {
        readonly name: string;
        readonly declarations: readonly {
          readonly kind: string;
          readonly jsDoc?: {
            readonly doc?: string;
            readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
          };
        }[];
      }[];
    }>
  >;
}

async function documentationOf(path: string): Promise<Documentation> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: ROOT,
  }).output();
  assertEquals([code, code === 0 ? "" : new TextDecoder().decode(stderr)], [0, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The exported names that lack a description or, where one is due, an example. */
function undocumented({ nodes }: Documentation): string[] {
  return Object.values(nodes).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) => {
      const isShown = declarations.some(({ kind }) => SHOWN.includes(kind)) ||
        SHOWN_TYPES.test(name);
      const comments = declarations.map(({ jsDoc }) => jsDoc);
      const examples = comments.flatMap((comment) =>
        (comment?.tags ?? []).filter(({ kind, doc }) =>
          kind === "example" && /```ts\n[^]*from "@powercut\/powercut/.test(doc ?? "")
        )
      );
      if (!comments.some((comment) => comment?.doc)) return [`${name}: no description`];
      return isShown && examples.length === 0 ? [`${name}: no example`] : [];
    })
  );
}

for (const path of MODULES) {
  Deno.test(`all that ${path} exports is described, and shown by an example that runs`, async () => {
    const documentation = await documentationOf(path);
    const names = Object.values(documentation.nodes).flatMap(({ symbols }) => symbols);
    assert(names.length > 20, `${names.length} names`);
    assertEquals(undocumented(documentation), []);
  });
}

for (const path of PARTS) {
  Deno.test(`all that ${path} exports is described`, async () => {
    const lacking = undocumented(await documentationOf(path));
    assertEquals(lacking.filter((each) => each.endsWith("no description")), []);
  });
}

Deno.test("the harness has at most 45 names, and each of them is exported by the root too", async () => {
  const namesOf = async (path: string) =>
    Object.values((await documentationOf(path)).nodes)
      .flatMap(({ symbols }) => symbols.map(({ name }) => name));
  const names = await namesOf("harness/mod.ts");
  assert(names.length <= 45, `${names.length} names`);
  const root = await namesOf("mod.ts");
  assertEquals(names.filter((name) => !root.includes(name)), []);
});

Deno.test("an export without description or example is found", () => {
  const describe = (name: string, kind: string, jsDoc: object) => ({
    name,
    declarations: [{ kind, jsDoc }],
  });
  const example = { kind: "example", doc: '```ts\nimport {} from "@powercut/powercut";\n```' };
  const elsewhere = { kind: "example", doc: "see above" };
  const symbols = [
    describe("shown", "function", { doc: "It is.", tags: [example] }),
    describe("notShown", "function", { doc: "It is not." }),
    describe("notRun", "class", { doc: "It is not.", tags: [elsewhere] }),
    describe("notDescribed", "interface", {}),
    describe("OnlyDescribed", "interface", { doc: "It is." }),
    describe("ImageSomeOptions", "interface", { doc: "It is not." }),
  ];
  assertEquals(undocumented({ nodes: { file: { symbols } } }), [
    "notShown: no example",
    "notRun: no example",
    "notDescribed: no description",
    "ImageSomeOptions: no example",
  ]);
});

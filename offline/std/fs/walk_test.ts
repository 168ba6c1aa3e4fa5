import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { walk, type WalkOptions, walkSync } from "@std/fs";

async function assertFound(options: WalkOptions, expected: string[]): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/images/old`, { recursive: true });
    await Deno.writeTextFile(`${root}/notes.txt`, "");
    await Deno.writeTextFile(`${root}/images/a.qed`, "");
    await Deno.writeTextFile(`${root}/images/old/b.qed`, "");
    await Deno.symlink("images", `${root}/link`);
    const entries = await Array.fromAsync(walk(root, options));
    assertEquals(entries.map(({ path }) => path.slice(root.length)).sort(), expected);
    const byPath = (a: { path: string }, b: { path: string }) => a.path < b.path ? -1 : 1;
    assertEquals([...walkSync(root, options)].sort(byPath), entries.sort(byPath));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("walk() hands out the whole tree, root and links included", async () => {
  await assertFound({}, [
    "",
    "/images",
    "/images/a.qed",
    "/images/old",
    "/images/old/b.qed",
    "/link",
    "/notes.txt",
  ]);
});

Deno.test("walk() hands out the kinds asked for", async () => {
  await assertFound({ includeDirs: false, includeSymlinks: false }, [
    "/images/a.qed",
    "/images/old/b.qed",
    "/notes.txt",
  ]);
  await assertFound({ includeFiles: false }, ["", "/images", "/images/old", "/link"]);
});

Deno.test("walk() goes no deeper than asked", async () => {
  await assertFound({ maxDepth: 0 }, [""]);
  await assertFound({ maxDepth: 1 }, ["", "/images", "/link", "/notes.txt"]);
});

Deno.test("walk() picks by extension and by path", async () => {
  await assertFound({ exts: ["qed"] }, ["/images/a.qed", "/images/old/b.qed"]);
  await assertFound({ exts: [".txt"] }, ["/notes.txt"]);
  await assertFound({ match: [/b\.qed$/g, /notes/g] }, ["/images/old/b.qed", "/notes.txt"]);
});

Deno.test("walk() does not go down into what is skipped", async () => {
  await assertFound({ skip: [/old$/] }, ["", "/images", "/images/a.qed", "/link", "/notes.txt"]);
});

Deno.test("walk() and walkSync() throw where the root is missing", async () => {
  await assertRejects(() => walk("./no-such-dir").next(), Deno.errors.NotFound);
  assertThrows(() => walkSync("./no-such-dir").next(), Deno.errors.NotFound);
});

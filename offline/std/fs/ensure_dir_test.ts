import { assert, assertRejects, assertThrows } from "@std/assert";
import { ensureDir, ensureDirSync } from "@std/fs";
import { pathToFileURL } from "node:url";

Deno.test("ensureDir() makes a directory with its parents, once or more", async () => {
  const root = await Deno.makeTempDir();
  try {
    await ensureDir(`${root}/a/b`);
    await ensureDir(pathToFileURL(`${root}/a/b`));
    assert((await Deno.stat(`${root}/a/b`)).isDirectory);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("ensureDir() leaves what is in the directory, and follows links", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${root}/kept`, "");
    await Deno.symlink(root, `${root}/link`);
    await ensureDir(`${root}/link`);
    assert((await Deno.lstat(`${root}/link`)).isSymlink);
    assert((await Deno.stat(`${root}/kept`)).isFile);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("ensureDir() rejects where there is a file", async () => {
  const file = await Deno.makeTempFile();
  try {
    await assertRejects(() => ensureDir(file), Error);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("ensureDirSync() makes a directory, and throws where there is a file", () => {
  const root = Deno.makeTempDirSync();
  try {
    ensureDirSync(`${root}/a/b`);
    ensureDirSync(`${root}/a/b`);
    assert(Deno.statSync(`${root}/a/b`).isDirectory);
    Deno.writeTextFileSync(`${root}/file`, "");
    assertThrows(() => ensureDirSync(`${root}/file`), Error);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

import { assert, assertThrows } from "@std/assert";
import { ensureDirSync } from "@std/fs";
import { pathToFileURL } from "node:url";

Deno.test("ensureDirSync() makes a directory with its parents, and leaves one that is there", () => {
  const root = Deno.makeTempDirSync();
  try {
    ensureDirSync(`${root}/a/b`);
    Deno.writeTextFileSync(`${root}/a/b/kept`, "");
    Deno.symlinkSync(`${root}/a/b`, `${root}/link`);
    for (const path of [`${root}/a/b`, pathToFileURL(`${root}/a/b`), `${root}/link`]) {
      ensureDirSync(path);
    }
    assert(Deno.statSync(`${root}/a/b/kept`).isFile);
    assert(Deno.lstatSync(`${root}/link`).isSymlink);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test("ensureDirSync() throws where there is something else", () => {
  const root = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${root}/file`, "");
    Deno.symlinkSync("file", `${root}/link`);
    Deno.symlinkSync("nowhere", `${root}/dangling`);
    for (const name of ["file", "link"]) {
      assertThrows(() => ensureDirSync(`${root}/${name}`), Error, "expected 'dir', got 'file'");
    }
    assertThrows(() => ensureDirSync(`${root}/dangling`));
    assertThrows(() => ensureDirSync(`${root}/file/below`));
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test({
  name: "ensureDirSync() needs no leave to write where the directory is there",
  permissions: { read: true },
  fn: () => {
    ensureDirSync(new URL(".", import.meta.url));
    const missing = new URL("missing", import.meta.url);
    assertThrows(() => ensureDirSync(missing), Deno.errors.NotCapable);
  },
});

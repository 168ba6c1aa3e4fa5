import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { exists, existsSync } from "@std/fs";

Deno.test("exists() and existsSync() tell files, directories and nothing apart", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${root}/file`, "");
    await Deno.symlink("file", `${root}/link`);
    await Deno.symlink("nowhere", `${root}/dangling`);
    for (
      const [name, isThere, isDirectory, isFile] of [
        [".", true, true, false],
        ["file", true, false, true],
        ["link", true, false, true],
        ["dangling", false, false, false],
        ["nothing", false, false, false],
      ] as const
    ) {
      const path = `${root}/${name}`;
      const found = [
        await exists(path),
        await exists(path, { isDirectory: true }),
        await exists(path, { isFile: true }),
      ];
      assertEquals(found, [isThere, isDirectory, isFile], name);
      const foundSync = [
        existsSync(path),
        existsSync(path, { isDirectory: true }),
        existsSync(path, { isFile: true }),
      ];
      assertEquals(foundSync, found, name);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("exists() and existsSync() refuse to look for both", async () => {
  const both = { isDirectory: true, isFile: true };
  await assertRejects(() => exists(".", both), TypeError, "both");
  assertThrows(() => existsSync(".", both), TypeError, "both");
});

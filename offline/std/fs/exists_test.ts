import { assertEquals, assertThrows } from "@std/assert";
import { existsSync } from "@std/fs";

Deno.test("existsSync() tells files, directories and nothing apart", () => {
  const root = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${root}/file`, "");
    Deno.symlinkSync("file", `${root}/link`);
    Deno.symlinkSync("nowhere", `${root}/dangling`);
    for (
      const [name, ...expected] of [
        [".", true, true, false],
        ["file", true, false, true],
        ["link", true, false, true],
        ["dangling", false, false, false],
        ["nothing", false, false, false],
      ] as const
    ) {
      const path = `${root}/${name}`;
      const found = [{}, { isDirectory: true }, { isFile: true }]
        .map((options) => existsSync(path, options));
      assertEquals([existsSync(path), ...found], [expected[0], ...expected], name);
    }
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test("existsSync() judges by the owner's mode whether a file is readable", () => {
  const path = Deno.makeTempFileSync();
  try {
    assertEquals(existsSync(path, { isReadable: true, isFile: true }), true);
    Deno.chmodSync(path, 0o044);
    assertEquals(existsSync(path, { isReadable: true }), false);
    assertEquals(existsSync(path), true);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("existsSync() refuses to look for a file that is a directory", () => {
  const both = { isDirectory: true, isFile: true };
  assertThrows(() => existsSync(".", both), TypeError, "must not be true together");
});

Deno.test({
  name: "existsSync() throws without leave to read",
  permissions: "none",
  fn: () => void assertThrows(() => existsSync("."), Deno.errors.NotCapable),
});

import { assertEquals, assertMatch } from "@std/assert";
import { CapturedIo } from "./captured_io.ts";
import { TempDir } from "./temp_dir.ts";

function exists(path: string): boolean {
  return Array.from(Deno.readDirSync(path.replace(/\/[^/]+$/, "")))
    .some(({ name }) => path.endsWith(`/${name}`));
}

Deno.test("a temporary folder goes with everything in it", () => {
  let path: string;
  {
    using dir = new TempDir({ prefix: "powercut_kit_", inMemory: true });
    path = dir.path;
    Deno.mkdirSync(`${path}/a/b`, { recursive: true });
    assertMatch(path, /powercut_kit_/);
  }
  assertEquals(exists(path), false);
});

Deno.test("a signal removes it as well, and disposing of it twice does no harm", () => {
  const captured = new CapturedIo();
  using dir = new TempDir({ prefix: "powercut_kit_", io: captured.io });
  assertEquals(exists(dir.path), true);
  captured.signal();
  assertEquals(exists(dir.path), false);
});

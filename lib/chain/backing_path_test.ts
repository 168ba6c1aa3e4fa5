import { assertEquals, assertThrows } from "@std/assert";
import { backingPath } from "./backing_path.ts";
import { HostError } from "../storage/host_error.ts";

Deno.test("names of backing files start from the folder of their image", () => {
  const cases = [
    ["a.qed", "b.raw", "b.raw"],
    ["dir/a.qed", "b.raw", "dir/b.raw"],
    ["/dir/a.qed", "../b.raw", "/dir/../b.raw"],
    ["/a.qed", "sub/b.raw", "/sub/b.raw"],
    ["dir/a.qed", "/abs/b.raw", "/abs/b.raw"],
    ["dir/a.qed", "file:b.raw", "dir/b.raw"],
    ["dir/a.qed", "./odd:name", "dir/./odd:name"],
  ];
  for (const [image, name, path] of cases) assertEquals(backingPath(image, name), path);
});

Deno.test("a name with a protocol is refused", () => {
  for (const name of ["nbd://host/x", 'json:{"driver":"null-co"}', "fat:rw:dir", ":"]) {
    assertThrows(() => backingPath("a.qed", name), HostError, "protocol");
  }
});

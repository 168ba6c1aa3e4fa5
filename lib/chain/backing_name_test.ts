import { assertEquals } from "@std/assert";
import { relative } from "node:path";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { backingName } from "./backing_name.ts";
import { backingPath } from "./backing_path.ts";

Deno.test("a relative name leads from the folder of the image", () => {
  const cases = [
    ["overlay.qed", "base.qed", "base.qed"],
    ["a/overlay.qed", "a/base.qed", "base.qed"],
    ["a/b/overlay.qed", "a/base.qed", "../base.qed"],
    ["overlay.qed", "a/base.qed", "a/base.qed"],
    ["../overlay.qed", "../a/base.qed", "a/base.qed"],
    ["/x/overlay.qed", "/y/base.qed", "/y/base.qed"],
    ["overlay.qed", "nbd:base", "./nbd:base"],
    ["overlay.qed", "a/nbd:base", "a/nbd:base"],
  ];
  for (const [image, path, expected] of cases) {
    assertEquals(backingName(image, path), expected, `${image} ${path}`);
  }
});

Deno.test("after a link to a folder, where .. leads elsewhere, the name is absolute", () =>
  inTempDir((dir) => {
    Deno.mkdirSync(`${dir}/far/away`, { recursive: true });
    Deno.symlinkSync(`${dir}/far/away`, `${dir}/link`);
    Deno.writeTextFileSync(`${dir}/base`, "base");
    const here = relative(".", dir);
    const name = backingName(`${here}/link/overlay`, `${here}/base`);
    assertEquals(name, Deno.realPathSync(`${dir}/base`));
    assertEquals(Deno.readTextFileSync(backingPath(`${here}/link/overlay`, name)), "base");
  }));

import { assertEquals } from "@std/assert";
import { draftImage, nameBacking } from "./draft.ts";
import { buildFiles, type FilePlan, type FuzzCase } from "./fuzz_case.ts";
import { reachOf } from "./folder.ts";
import { Random } from "../../lib/storage/random.ts";

function plan(name: string, backing?: string): FilePlan {
  const draft = draftImage(new Random("folder"), { forQemu: true });
  if (backing !== undefined) {
    nameBacking(draft, new TextEncoder().encode(backing), { isRaw: false });
  }
  return { name, edits: draft.edits };
}

function reach(...files: FilePlan[]): string {
  const one: FuzzCase = { about: "", files, steps: [] };
  return reachOf(one, buildFiles(one));
}

Deno.test("names that lead to another folder, a protocol or a device are noticed", () => {
  const names = [
    "/etc/passwd",
    "../x",
    "./x",
    "a/b",
    "nbd:x",
    "json:{}",
    "file:x",
    ".",
    "..",
    "x\0/y",
  ];
  for (const name of names) assertEquals(reach(plan("image.qed", name)), "outside", name);
  assertEquals(reach(plan("image.qed", "b"), plan("b", "/dev/null")), "outside");
  for (const name of ["x", "base.raw", "a b", "-o", "..x"]) {
    assertEquals(reach(plan("image.qed", name)), "inside", name);
  }
  assertEquals(reach(plan("image.qed")), "inside");
});

Deno.test("loops are noticed, and chains are none", () => {
  assertEquals(reach(plan("image.qed", "image.qed")), "loop");
  assertEquals(reach(plan("image.qed", "b"), plan("b", "c"), plan("c", "b")), "loop");
  assertEquals(reach(plan("image.qed", "\ufeffb"), plan("\ufeffb", "image.qed")), "loop");
  assertEquals(reach(plan("image.qed", "b"), plan("b", "c"), plan("c")), "inside");
});

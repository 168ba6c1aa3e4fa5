/** docs/differences-from-qemu.md describes each difference that a test reproduces. */
import { assertEquals } from "@std/assert";
import { loadAdapter } from "../../conformance/load_adapter.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));
const DOCUMENT = read("../../../docs/differences-from-qemu.md").replaceAll(/\s+/g, " ");

function testNames(path: string): string[] {
  return [...read(path).matchAll(/^qemuDirTest\(\s*"([^"]+)"/gm)].map(([, name]) => name);
}

Deno.test("every difference that a test reproduces is in the document", () => {
  const names = ["check", "write"].flatMap((part) => testNames(`./differences_${part}_test.ts`));
  assertEquals(names.length > 10, true);
  assertEquals(names.filter((name) => !DOCUMENT.includes(name)), []);
});

/** What a heading is called in links to it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9 _-]/g, "").replaceAll(" ", "-");
}

Deno.test("every difference of the conformance kit leads to a heading of the document", () => {
  const anchors = [...read("../../../docs/differences-from-qemu.md").matchAll(/^#+ (.*)$/gm)]
    .map(([, heading]) => `differences-from-qemu.md#${anchorOf(heading)}`);
  const { differences } = loadAdapter("qemu-img");
  assertEquals(differences.length > 10, true);
  assertEquals(differences.filter(({ see }) => !anchors.includes(see ?? "")), []);
});

Deno.test("every header that QEMU treats in another way is in the document", () => {
  const names = loadAdapter("qemu-img").differences
    .filter(({ see }) => see === "differences-from-qemu.md#headers")
    .flatMap(({ tests }) => Object.keys(tests))
    .flatMap((test) => /^header\/(.*): open$/.exec(test)?.[1] ?? []);
  assertEquals(names.length > 5, true);
  assertEquals(names.filter((name) => !DOCUMENT.includes(name)), []);
});

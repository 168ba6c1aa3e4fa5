/** docs/differences-from-qemu.md tells of each difference that a test reproduces. */
import { assertEquals } from "@std/assert";
import { HEADER_CASES } from "./header_cases_testing.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));
const DOCUMENT = read("../../docs/differences-from-qemu.md").replaceAll(/\s+/g, " ");

function testNames(path: string): string[] {
  return [...read(path).matchAll(/^qemuDirTest\(\s*"([^"]+)"/gm)].map(([, name]) => name);
}

Deno.test("every difference that a test reproduces is in the document", () => {
  const names = ["check", "write"].flatMap((part) => testNames(`./differences_${part}_test.ts`));
  assertEquals(names.length > 10, true);
  assertEquals(names.filter((name) => !DOCUMENT.includes(name)), []);
});

Deno.test("every header that QEMU treats in another way is in the document", () => {
  const names = HEADER_CASES.filter((one) => one.qemu !== undefined).map(({ name }) => name);
  assertEquals(names.length > 5, true);
  assertEquals(names.filter((name) => !DOCUMENT.includes(name)), []);
});

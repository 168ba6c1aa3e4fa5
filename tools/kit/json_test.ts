import { assertEquals } from "@std/assert";
import { formatJson } from "./json.ts";

Deno.test("JSON is laid out as QEMU's tools do it", () => {
  const value = {
    filename: 'a "b"',
    size: 1n << 63n,
    dirty: false,
    gone: undefined,
    list: [1, {}],
  };
  assertEquals(
    formatJson(value),
    `{
    "filename": "a \\"b\\"",
    "size": 9223372036854775808,
    "dirty": false,
    "list": [
        1,
        {}
    ]
}`,
  );
  assertEquals(formatJson([]), "[]");
});

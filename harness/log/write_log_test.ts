import { assertEquals } from "@std/assert";
import { filled } from "../testing/log_builder.ts";
import { bytesSource } from "./write_log.ts";

Deno.test("a byte source reads zeroes past its end", () => {
  const source = bytesSource(filled(7, 10));
  const into = filled(9, 4);
  source.read(8, into);
  assertEquals(into, new Uint8Array([7, 7, 0, 0]));
  into.fill(9);
  source.read(100, into);
  assertEquals(into, new Uint8Array(4));
});

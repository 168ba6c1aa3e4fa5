import { assertEquals } from "@std/assert";
import { HexDump } from "./hex_dump.ts";

function dump(offset: bigint, ...pieces: Uint8Array[]): string {
  let text = "";
  const hex = new HexDump(offset, (line) => text += line);
  pieces.forEach((piece) => hex.add(piece));
  hex.finish();
  return text;
}

Deno.test("sixteen bytes to a line, equal lines left out, the end at the end", () => {
  const bytes = new Uint8Array(83);
  bytes.set(new TextEncoder().encode("hello, world\x7f\n"), 0);
  bytes[82] = 0xff;
  const expected = `00001000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 7f 0a 00 00  |hello, world....|
00001010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00001050  00 00 ff                                          |...|
00001053
`;
  assertEquals(dump(0x1000n, bytes), expected);
  assertEquals(dump(0x1000n, bytes.subarray(0, 32), bytes.subarray(32)), expected);
  assertEquals(dump(7n), "00000007\n");
});

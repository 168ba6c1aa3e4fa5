import { assertEquals, assertThrows } from "@std/assert";
import { formatSize, parseCount, parseSize } from "./sizes.ts";
import { UsageError } from "./usage_error.ts";

Deno.test("sizes are bytes, or numbers with a suffix, exact to the last byte", () => {
  const cases: [string, bigint][] = [
    ["0", 0n],
    ["512", 512n],
    ["512b", 512n],
    ["1.0", 1n],
    ["64k", 65536n],
    ["64K", 65536n],
    ["1.5G", 3n << 29n],
    ["0.3k", 307n],
    ["1.0000000001T", 1099511627885n],
    ["1P", 1n << 50n],
    ["7.999999999999999999E", 9223372036854775806n],
    ["8E", 1n << 63n],
    ["9007199254740993", 9007199254740993n],
    ["0x1000", 4096n],
  ];
  for (const [text, size] of cases) assertEquals(parseSize(text, "SIZE"), size, text);
});

Deno.test("anything else is wrong usage and says so", () => {
  const bad = [
    "",
    "k",
    "-1",
    "+1",
    "1 k",
    "1kb",
    "64KiB",
    "1.k",
    ".5k",
    "1e3",
    "0x",
    "0x1k",
    "12q",
  ];
  for (const text of [...bad, "9".repeat(50)]) {
    assertThrows(() => parseSize(text, "SIZE"), UsageError, `SIZE: '${text}' is not a size`);
  }
  for (const text of ["1.5", "0.001", "512.5b"]) { // whole bytes only, as qemu-img has it
    assertThrows(() => parseSize(text, "SIZE"), UsageError, "is not a whole number of bytes");
  }
  assertThrows(() => parseCount("8E", "cluster_size"), UsageError, "too large");
});

Deno.test("sizes for people have three digits, as qemu-img has them", () => {
  const cases: [number | bigint, string][] = [
    [0, "0 B"],
    [512, "512 B"],
    [999, "999 B"],
    [1000, "0.977 KiB"],
    [1024, "1 KiB"],
    [1000448, "977 KiB"],
    [1024000, "0.977 MiB"],
    [1536 * 1024, "1.5 MiB"],
    [12345678, "11.8 MiB"],
    [1n << 60n, "1 EiB"],
    [1n << 63n, "8 EiB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatSize(bytes), text);
});

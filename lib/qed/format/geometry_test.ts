import { assertEquals } from "@std/assert";
import { clusterSizeRule, deriveGeometry, maxImageBytes, tableSizeRule } from "./geometry.ts";

Deno.test("the geometry follows from cluster and table size", () => {
  assertEquals(deriveGeometry(), {
    clusterBytes: 65536,
    clusterBits: 16,
    tableClusters: 4,
    tableBytes: 262144,
    tableEntries: 32768,
  });
  assertEquals(maxImageBytes(deriveGeometry()), 64n * 2n ** 40n);
  assertEquals(maxImageBytes(deriveGeometry(4096, 1)), 2n ** 30n);
  assertEquals(maxImageBytes(deriveGeometry(2 ** 26, 16)), 2n ** 80n);
});

Deno.test("cluster sizes are powers of two from 4 KiB to 64 MiB", () => {
  for (let bits = 12; bits <= 26; bits++) assertEquals(clusterSizeRule(2 ** bits), undefined);
  for (const bad of [0, 1, 2 ** 11, 2 ** 27, 4095, 4097, 12288, 2 ** 26 - 1, 4096.5, -4096, NaN]) {
    assertEquals(typeof clusterSizeRule(bad), "string", `${bad}`);
  }
});

Deno.test("table sizes are powers of two from 1 to 16", () => {
  for (const good of [1, 2, 4, 8, 16]) assertEquals(tableSizeRule(good), undefined);
  for (const bad of [0, 3, 5, 15, 17, 32, 1.5, -1, Infinity]) {
    assertEquals(typeof tableSizeRule(bad), "string", `${bad}`);
  }
});

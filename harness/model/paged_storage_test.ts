import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { MemoryStorage, type Request } from "../../lib/storage/mod.ts";
import { bytesSource } from "../log/write_log.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { PagedStorage } from "./paged_storage.ts";

const REQUEST: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ offsetBytes: fc.nat(9000), length: fc.integer({ min: 1, max: 9000 }), v: fc.nat(9) })
    .map(({ offsetBytes, length, v }): Request => ({
      kind: "write",
      file: 0,
      offsetBytes,
      bytes: new Uint8Array(length).fill(v),
      label: "",
    })),
  fc.nat(12000).map((sizeBytes): Request => ({ kind: "resize", file: 0, sizeBytes, label: "" })),
  fc.record({ offsetBytes: fc.nat(12000), lengthBytes: fc.nat(9000) })
    .map((range): Request => ({ kind: "discard", file: 0, label: "", ...range })),
);

seededTest("a paged file is like one in memory", (seed) => {
  fc.assert(
    fc.property(fc.nat(9000), fc.array(REQUEST, { maxLength: 8 }), (baseBytes, requests) => {
      const base = new Uint8Array(baseBytes).fill(77);
      const paged = new PagedStorage(bytesSource(base));
      const plain = new MemoryStorage(base);
      for (const request of requests) {
        assertEquals(paged.perform(request), plain.perform(request));
        assertEquals(paged.sizeBytes, plain.sizeBytes);
        const offsetBytes = Math.max(0, plain.sizeBytes - 5000);
        const reads = [paged, plain].map((file) => {
          const into = new Uint8Array(6000);
          const moved = file.perform({ kind: "read", file: 0, offsetBytes, into, label: "" });
          return [moved, into];
        });
        assertEquals(reads[0], reads[1]);
      }
      assertEquals(base, new Uint8Array(baseBytes).fill(77));
    }),
    { seed, numRuns: 100 },
  );
});

Deno.test("a discard past the end of the file does not make it grow", () => {
  const file = new PagedStorage(bytesSource(new Uint8Array(100)));
  file.perform({ kind: "discard", file: 0, offsetBytes: 5000, lengthBytes: 10, label: "" });
  assertEquals(file.sizeBytes, 100);
});

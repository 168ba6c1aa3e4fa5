import { assertEquals, assertThrows } from "@std/assert";
import { MemoryStorage, type Request, StorageError } from "./mod.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { Random } from "./random.ts";
import { SparseFile } from "./sparse_file.ts";

function anyRequest(random: Random): Request {
  const file = 0;
  const offsetBytes = random.below(20_000);
  const lengthBytes = random.pick([1, 100, 4096, 9000]);
  const label = "test";
  return random.pick<Request>([
    { kind: "read", file, offsetBytes, into: new Uint8Array(lengthBytes).fill(9), label },
    {
      kind: "write",
      file,
      offsetBytes,
      bytes: new Uint8Array(lengthBytes).fill(random.below(256)),
      label,
    },
    { kind: "resize", file, sizeBytes: offsetBytes, label },
    { kind: "discard", file, offsetBytes, lengthBytes, label },
    { kind: "size", file },
  ]);
}

seededTest("a sparse file equals plain memory, and so do its copies", (seed) => {
  const random = new Random(seed);
  const plain = new MemoryStorage();
  let sparse = new SparseFile();
  for (let i = 0; i < 400; i++) {
    const request = anyRequest(random);
    const [a, b] = [plain, sparse].map((storage) => {
      if (request.kind !== "read") return [storage.perform(request)];
      const into = request.into.slice();
      return [storage.perform({ ...request, into }), into];
    });
    assertEquals(b, a);
    if (random.oneIn(10)) {
      const original = sparse;
      const before = original.read(0, original.sizeBytes);
      sparse = original.fork();
      sparse.fork().fill(0, 5000, 0xcc);
      assertEquals(original.read(0, original.sizeBytes), before);
    }
  }
  assertEquals(sparse.read(0, sparse.sizeBytes), plain.toBytes());
});

Deno.test("a file of petabytes costs nothing, and a larger one is refused", () => {
  const file = new SparseFile();
  file.resize(2 ** 52);
  file.write(2 ** 51, new Uint8Array([7]));
  assertEquals([...file.read(2 ** 51 - 1, 3)], [0, 7, 0]);
  file.resize(2 ** 51);
  file.resize(2 ** 52);
  assertEquals([...file.read(2 ** 51 - 1, 3)], [0, 0, 0]);
  const bytes = new Uint8Array(2);
  assertThrows(
    () => file.perform({ kind: "write", file: 0, offsetBytes: 2 ** 53 - 2, bytes, label: "x" }),
    StorageError,
  );
});

Deno.test("a sparse file can be saved and loaded", () =>
  inTempDir((dir) => {
    const file = new SparseFile();
    file.fill(5000, 3000, 0x11);
    file.resize(7000);
    file.resize(20_001);
    file.save(`${dir}/file`);
    assertEquals(Deno.readFileSync(`${dir}/file`), file.read(0, 20_001));
    const loaded = SparseFile.load(`${dir}/file`);
    assertEquals(loaded.read(0, loaded.sizeBytes), file.read(0, 20_001));
  }));

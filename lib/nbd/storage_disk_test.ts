import { assertEquals } from "@std/assert";
import { AsyncDriver, MemoryStorage, type Operation, type Request } from "../storage/mod.ts";
import type { DiskExtent, ServedDisk } from "./served_disk.ts";
import { StorageDisk } from "./storage_disk.ts";

async function extentsOf(disk: ServedDisk, offset: number): Promise<DiskExtent[]> {
  return await Array.fromAsync(disk.extents(offset));
}

/** A file in memory as a disk, and the requests that reach it. */
function storageDisk(options: { readonly canGrow: boolean; readonly isWritable?: boolean }) {
  const file = new MemoryStorage(new Uint8Array(8192).fill(1));
  const seen: string[] = [];
  const driver = new AsyncDriver([{
    submit(request: Request) {
      seen.push(request.kind);
      return Promise.resolve(file.perform(request));
    },
  }]);
  const run = <T>(operation: Operation<T>) => driver.run(operation);
  const disk = new StorageDisk({ run, sizeBytes: 8192, isWritable: true, ...options });
  return { file, seen, disk };
}

Deno.test("the file gets exactly the requests of the client", async () => {
  const { disk, seen, file } = storageDisk({ canGrow: false });
  await disk.write(0, new Uint8Array(512).fill(2));
  await disk.flush();
  await disk.trim(512, 512);
  await disk.writeZeroes(1024, 512);
  const into = new Uint8Array(2048);
  await disk.read(0, into);
  assertEquals(seen, ["write", "flush", "discard", "write", "read"]);
  assertEquals([into[511], into[512], into[1024], into[1536]], [2, 0, 0, 1]);
  assertEquals(file.sizeBytes, 8192);
  assertEquals(await extentsOf(disk, 8000), [{ lengthBytes: 192, isHole: false, isZero: false }]);
});

Deno.test("a file that grows is as large as its last byte, and one to be read is not flushed", async () => {
  const { disk, file } = storageDisk({ canGrow: true });
  await disk.write(10_000, new Uint8Array(100));
  assertEquals([disk.sizeBytes, file.sizeBytes], [10_100n, 10_100]);
  await disk.writeZeroes(10_000, 500);
  assertEquals([disk.sizeBytes, file.sizeBytes], [10_500n, 10_500]);
  const readOnly = storageDisk({ canGrow: false, isWritable: false });
  await readOnly.disk.flush();
  assertEquals(readOnly.seen, []);
});

Deno.test("large ranges are split, and overlapping requests wait", async () => {
  const { disk, seen } = storageDisk({ canGrow: true });
  const zeroes = disk.writeZeroes(0, 5 * 2 ** 20);
  const write = disk.write(4 * 2 ** 20, new Uint8Array([7]));
  const beside = disk.write(9 * 2 ** 20, new Uint8Array([8]));
  await beside;
  assertEquals(seen.length < 7, true, "it did not wait");
  await Promise.all([zeroes, write]);
  assertEquals(seen.length, 7);
  const into = new Uint8Array(1);
  await disk.read(4 * 2 ** 20, into);
  assertEquals(into[0], 7);
});

import { assertEquals, assertNotEquals } from "@std/assert";
import { filled, LogBuilder, SECTOR } from "../testing/log_builder.ts";
import type { GuestRange } from "./target.ts";
import { scriptedTarget } from "../testing/scripted_target.ts";
import { MemoryStorage } from "../../lib/storage/mod.ts";
import { postRecoveryBytes, watchList } from "./watch_list.ts";

const CLUSTER = 4 * SECTOR;
const DISK = 10 * CLUSTER;

function watched(
  writes: readonly GuestRange[],
  options: { readonly written?: number; readonly guestBytes?: number } = {},
): GuestRange[] {
  const builder = new LogBuilder();
  for (const { offsetBytes, lengthBytes } of writes) {
    builder.beginGuestWrite(offsetBytes, filled(1, lengthBytes));
  }
  const target = scriptedTarget({
    places: [],
    recovery: [],
    writing: [],
    readsBackwards: false,
    sectorsInUse: 0,
    postRecoveryWrites: options.written === undefined
      ? []
      : [{ sector: options.written, count: 1 }],
    allocationUnitBytes: CLUSTER,
    hasFingerprint: false,
  }, new MemoryStorage());
  return watchList(builder.log(new Uint8Array(0)), target, options.guestBytes ?? DISK);
}

Deno.test("a write is watched with its whole cluster", () => {
  assertEquals(watched([{ offsetBytes: CLUSTER + 100, lengthBytes: 10 }]), [
    { offsetBytes: CLUSTER, lengthBytes: CLUSTER },
  ]);
});

Deno.test("ranges ascend, and those that meet are one", () => {
  const ranges = watched([
    { offsetBytes: 5 * CLUSTER, lengthBytes: 10 },
    { offsetBytes: CLUSTER - 1, lengthBytes: 2 },
    { offsetBytes: 0, lengthBytes: 10 },
  ]);
  assertEquals(ranges, [
    { offsetBytes: 0, lengthBytes: 2 * CLUSTER },
    { offsetBytes: 5 * CLUSTER, lengthBytes: CLUSTER },
  ]);
});

Deno.test("what is written after recovery is watched too", () => {
  assertEquals(watched([], { written: 9 }), [{ offsetBytes: 2 * CLUSTER, lengthBytes: CLUSTER }]);
});

Deno.test("a range ends where the disk ends", () => {
  const ranges = watched([{ offsetBytes: CLUSTER, lengthBytes: 10 }], {
    guestBytes: CLUSTER + SECTOR,
  });
  assertEquals(ranges, [{ offsetBytes: CLUSTER, lengthBytes: SECTOR }]);
});

Deno.test("a post-recovery write has other bytes in every sector", () => {
  const bytes = postRecoveryBytes({ offsetBytes: 8 * SECTOR, lengthBytes: 3 * SECTOR });
  const sectors = [0, 1, 2].map((i) => bytes.subarray(i * SECTOR, (i + 1) * SECTOR).join());
  assertEquals(new Set(sectors).size, 3);
  const elsewhere = postRecoveryBytes({ offsetBytes: 9 * SECTOR, lengthBytes: SECTOR });
  assertNotEquals(elsewhere.join(), sectors[0]);
  assertNotEquals(elsewhere.join(), filled(0).join());
});

import { assertEquals, assertRejects } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import type { DiskExtent, ServedDisk } from "../nbd/served_disk.ts";
import { Image } from "./image.ts";
import { ImageDisk } from "./nbd_disk.ts";

const CLUSTER = 4096;
const OPTIONS = { isWritable: true, canForceWrites: true };

async function extentsOf(disk: ServedDisk, offset: number): Promise<DiskExtent[]> {
  return await Array.fromAsync(disk.extents(offset));
}

Deno.test("an image is served with its clusters, its zeroes and its holes", () =>
  inTempDir(async (dir) => {
    const shape = { sizeBytes: 2 ** 20, clusterBytes: CLUSTER, tableClusters: 1 };
    await using image = await Image.create(`${dir}/a.qed`, shape);
    const disk = new ImageDisk(image, OPTIONS);
    assertEquals([disk.sizeBytes, disk.preferredBytes], [2n ** 20n, CLUSTER]);
    assertEquals([disk.canGrow, disk.canTrim], [false, true]);
    await disk.write(CLUSTER, new Uint8Array(2 * CLUSTER).fill(7));
    await disk.writeZeroes(2 * CLUSTER, CLUSTER);
    await disk.flush();
    const into = new Uint8Array(3);
    await disk.read(2 * CLUSTER - 1, into);
    assertEquals(into, new Uint8Array([7, 0, 0]));
    const hole = { isHole: true, isZero: true };
    const rest = 2 ** 20 - 2 * CLUSTER;
    assertEquals((await extentsOf(disk, 100)).slice(0, 2), [
      { lengthBytes: CLUSTER - 100, ...hole },
      { lengthBytes: CLUSTER, isHole: false, isZero: false },
    ]);
    const after = await extentsOf(disk, 2 * CLUSTER);
    assertEquals(after.every((each) => each.isHole && each.isZero), true);
    assertEquals(after.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0), rest);
    assertEquals(disk.zeroesFast(CLUSTER, 3 * CLUSTER), true);
    assertEquals(disk.zeroesFast(2 ** 20 - CLUSTER, CLUSTER), true);
    assertEquals([disk.zeroesFast(1, CLUSTER), disk.zeroesFast(0, 1)], [false, false]);
    await disk.trim(CLUSTER, CLUSTER);
    await disk.read(2 * CLUSTER - 1, into);
    assertEquals(into, new Uint8Array(3));
  }));

Deno.test("a flush of an image that is open read-only does nothing", () =>
  inTempDir(async (dir) => {
    await (await Image.create(`${dir}/a.qed`, { sizeBytes: 2 ** 20 })).close();
    await using image = await Image.open(`${dir}/a.qed`);
    const disk = new ImageDisk(image, { ...OPTIONS, isWritable: false });
    await disk.flush();
    await assertRejects(() => disk.write(0, new Uint8Array(1)));
  }));

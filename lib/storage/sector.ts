/**
 * Bytes of a sector: a disk writes a sector whole or not at all, and the formats write back tables
 * and headers in sectors.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, runSync, SECTOR_BYTES } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * assertEquals(image.imageBytes % BigInt(SECTOR_BYTES), 0n);
 * ```
 */
export const SECTOR_BYTES = 512;

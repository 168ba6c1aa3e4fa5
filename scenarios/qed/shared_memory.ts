import { Digest } from "../../lib/storage/digest.ts";
import type { QedImage } from "../../lib/mod.ts";

/**
 * All of an open image's memory that decides what requests on it do, but for whom they wait;
 * undefined beside a repair, which keeps more than can be seen from here. What a flush under way
 * covers is settled by what was freed when it was issued, and by whether all was forgotten since.
 * Tables are taken to fit the cache, so that the order in which they were used does not matter.
 */
export function sharedMemory(image: QedImage): string | undefined {
  if (image.repairFront) return undefined;
  const { endBytes, hasTornTail, tableChanges, isUnchecked, failure, free, l1, l2Cache } = image;
  const tables = new Digest();
  l1.digestInto(tables);
  for (let i = l1.nextUsed(0); i < image.geometry.tableEntries; i = l1.nextUsed(i + 1)) {
    const table = l2Cache.peek(l1.entry(i));
    tables.mix(table ? 1 : 0);
    table?.digestInto(tables);
  }
  const { layout, features, imageBytes, l1TableOffsetBytes } = image.header;
  return [
    ...[endBytes, hasTornTail, tableChanges, isUnchecked, failure?.message, image.backingName],
    ...[layout, features, imageBytes, l1TableOffsetBytes, image.copiesOnRead],
    ...[free.freed, free.settled, free.clean].map((ranges) => ranges.digest()),
    ...[free.generation, tables],
  ].join(";");
}

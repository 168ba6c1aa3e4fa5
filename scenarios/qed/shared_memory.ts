import { Digest } from "../../lib/storage/digest.ts";
import type { QedImage } from "../../lib/mod.ts";

/**
 * A fingerprint of the memory of an open image that decides what its requests do, except for the
 * queues of its locks; undefined during a repair, whose state is not visible here. The ranges that
 * were free when a flush began, and the generation of the free list, decide what the flush covers.
 * Tables must fit the cache, so that the order of their use does not matter.
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
    endBytes,
    hasTornTail,
    tableChanges,
    isUnchecked,
    failure?.message,
    image.backingName,
    layout,
    features,
    imageBytes,
    l1TableOffsetBytes,
    image.copiesOnRead,
    free.freed.digest(),
    free.settled.digest(),
    free.clean.digest(),
    free.generation,
    tables,
  ].join(";");
}

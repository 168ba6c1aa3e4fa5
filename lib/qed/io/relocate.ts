/**
 * Moving clusters within the file, in batches: copy all, flush, switch the entries to the copies,
 * flush. Because of the first flush an entry never points at an incomplete copy. Because of the
 * second one the old clusters may be reused: no entry that a crash could restore points at them. A
 * crash in between leaks either the copies or the old clusters, which is harmless, so NEED_CHECK is
 * not set.
 *
 * The caller has locked the ranges that move and has the allocation lock. No entry may refer to the
 * new place of a move, and it may not be the old place of another move of the batch.
 *
 * @module
 */
import type { Operation } from "../../storage/request.ts";
import { loadL2Table } from "./lookup.ts";
import type { QedImage } from "../image/image.ts";
import { noteSector, writeSectors } from "../image/table_sectors.ts";

/** A move of a data cluster. */
export interface DataMove {
  /** The index of the L2 table whose entry points at it. */
  readonly l1Index: number;
  /** The index of that entry. */
  readonly l2Index: number;
  /** Its old offset in the file, in bytes. */
  readonly fromBytes: number;
  /** Its new offset in the file, in bytes. */
  readonly toBytes: number;
}

/** A move of an L2 table. */
export interface TableMove {
  /** The index of the L1 entry that points at it. */
  readonly l1Index: number;
  /** Its old offset in the file, in bytes. */
  readonly fromBytes: number;
  /** Its new offset in the file, in bytes. */
  readonly toBytes: number;
}

/** Maximum size of one copy in bytes, unless a cluster is larger. */
const COPY_BYTES = 2 ** 20;

/** Move data clusters. */
export function* moveData(image: QedImage, moves: readonly DataMove[]): Operation<void> {
  if (moves.length === 0) return;
  for (const copy of planCopies(image, moves)) yield* copyBytes(image, copy);
  yield* image.flush("moved data before L2 entries");
  yield* switchL2Entries(image, moves);
  yield* image.flush("L2 entries before old clusters are reused");
}

/** Move L2 tables; the range of the guest's disk that each one maps must be locked. */
export function* moveTables(image: QedImage, moves: readonly TableMove[]): Operation<void> {
  if (moves.length === 0) return;
  for (const { l1Index, toBytes } of moves) {
    const table = yield* loadL2Table(image, l1Index);
    if (!table) throw new Error("relocate: the L2 table is gone");
    const { bytes } = table.block;
    const label = "moved-l2-table";
    yield { kind: "write", file: image.file, offsetBytes: toBytes, bytes, label };
  }
  yield* image.flush("moved L2 tables before L1 entries");
  const sectors: number[] = [];
  for (const { l1Index, fromBytes, toBytes } of moves.toSorted((a, b) => a.l1Index - b.l1Index)) {
    image.l2Cache.forget(fromBytes);
    image.l2Cache.forget(toBytes);
    image.l1.setEntry(l1Index, toBytes);
    noteSector(sectors, l1Index);
  }
  yield* writeSectors(image, image.l1, sectors);
  image.tableChanges++;
  yield* image.flush("L1 entries before old L2 tables are reused");
}

/** Move the L1 table; one write of the header switches to the copy. */
export function* moveL1Table(image: QedImage, toBytes: number): Operation<void> {
  const { bytes } = image.l1.block;
  yield { kind: "write", file: image.file, offsetBytes: toBytes, bytes, label: "moved-l1-table" };
  yield* image.flush("moved L1 table before header");
  image.l1.offsetBytes = toBytes;
  yield* image.updateHeader({ l1TableOffsetBytes: toBytes });
  yield* image.flush("header before old L1 table is reused");
}

/** A range that is copied by one request. */
interface Copy {
  readonly fromBytes: number;
  readonly toBytes: number;
  lengthBytes: number;
}

/** The copies for some moves, in the order of their new places, with adjacent ones merged. */
function planCopies(image: QedImage, moves: readonly DataMove[]): Copy[] {
  const { clusterBytes } = image.geometry;
  const copies: Copy[] = [];
  for (const { fromBytes, toBytes } of moves.toSorted((a, b) => a.toBytes - b.toBytes)) {
    const last = copies[copies.length - 1];
    const isNext = last && last.lengthBytes + clusterBytes <= COPY_BYTES &&
      last.fromBytes + last.lengthBytes === fromBytes &&
      last.toBytes + last.lengthBytes === toBytes;
    if (isNext) last.lengthBytes += clusterBytes;
    else copies.push({ fromBytes, toBytes, lengthBytes: clusterBytes });
  }
  return copies;
}

/** Copy a range within the file. A failure leaks the new clusters, to which no entry refers yet. */
function* copyBytes(
  { file, buffers }: QedImage,
  { fromBytes, toBytes, lengthBytes }: Copy,
): Operation<void> {
  const bytes = buffers.take(lengthBytes).bytes;
  const label = "moved-data";
  const moved = yield { kind: "read", file, offsetBytes: fromBytes, into: bytes, label };
  bytes.fill(0, moved);
  yield { kind: "write", file, offsetBytes: toBytes, bytes, label };
}

function* switchL2Entries(image: QedImage, moves: readonly DataMove[]): Operation<void> {
  const inOrder = moves.toSorted((a, b) => a.l1Index - b.l1Index || a.l2Index - b.l2Index);
  for (let i = 0; i < inOrder.length;) {
    const { l1Index } = inOrder[i];
    const table = yield* loadL2Table(image, l1Index);
    if (!table) throw new Error("relocate: the L2 table is gone");
    const sectors: number[] = [];
    for (; i < inOrder.length && inOrder[i].l1Index === l1Index; i++) {
      table.setEntry(inOrder[i].l2Index, inOrder[i].toBytes);
      noteSector(sectors, inOrder[i].l2Index);
    }
    yield* writeSectors(image, table, sectors);
    image.tableChanges++;
    image.l2Cache.put(table);
  }
}

/**
 * Moving clusters to other places in the file, a batch at a time: copy all, flush, switch the
 * entries to the copies, flush. The first flush is why an entry never points at an incomplete
 * copy, the second why the old places may be used again afterwards: no entry that a crash could
 * bring back points at them. Until then the places in use are those of the batch twice, and a
 * crash leaves one set of them leaked, nothing worse; so NEED_CHECK is not set for it.
 *
 * What is moved must be held (no one else reads or writes it), and the turn of those who change
 * tables taken. Nothing may refer to a place that is moved to, and it may not be the old place of
 * another move of the batch.
 *
 * @module
 */
import type { Operation } from "../../storage/request.ts";
import { loadL2Table } from "./lookup.ts";
import type { QedImage } from "../image/image.ts";
import { noteSector, writeSectors } from "../image/table_sectors.ts";

/** A cluster of the guest's data that moves. */
export interface DataMove {
  /** The L2 table whose entry points at it. */
  readonly l1Index: number;
  /** That entry. */
  readonly l2Index: number;
  /** Where it is, in bytes. */
  readonly fromBytes: number;
  /** Where it goes, in bytes. */
  readonly toBytes: number;
}

/** An L2 table that moves. */
export interface TableMove {
  /** The L1 entry that points at it. */
  readonly l1Index: number;
  /** Where it is, in bytes. */
  readonly fromBytes: number;
  /** Where it goes, in bytes. */
  readonly toBytes: number;
}

/** How much is copied by one request, in bytes, where a cluster is not longer. */
const COPY_BYTES = 2 ** 20;

/** Move clusters of data. */
export function* moveData(image: QedImage, moves: readonly DataMove[]): Operation<void> {
  if (moves.length === 0) return;
  for (const copy of planCopies(image, moves)) yield* copyBytes(image, copy);
  yield* image.flush("moved data before L2 entries");
  yield* switchL2Entries(image, moves);
  yield* image.flush("L2 entries before old clusters are reused");
}

/** Move L2 tables; the whole range of the guest's disk that each one maps is held. */
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

/** Move the L1 table; it takes one write of the header to switch to the copy. */
export function* moveL1Table(image: QedImage, toBytes: number): Operation<void> {
  const { bytes } = image.l1.block;
  yield { kind: "write", file: image.file, offsetBytes: toBytes, bytes, label: "moved-l1-table" };
  yield* image.flush("moved L1 table before header");
  image.l1.offsetBytes = toBytes;
  yield* image.updateHeader({ l1TableOffsetBytes: toBytes });
  yield* image.flush("header before old L1 table is reused");
}

/** Bytes that are copied by one request. */
interface Copy {
  readonly fromBytes: number;
  readonly toBytes: number;
  lengthBytes: number;
}

/** The copies that make up some moves, in the order of their new places, adjacent ones together. */
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

/** Copy within the file. A failure costs the new places, to which nothing refers, and no more. */
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

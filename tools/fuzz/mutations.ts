/**
 * What is done to a valid image to make it hostile: fields of the header, table entries, the size
 * of the file, and plain havoc. Each mutation adds edits to a draft.
 *
 * @module
 */
import { FIELD_OFFSETS, HEADER_BYTES } from "../../lib/qed/mod.ts";
import { addClusters, type Draft, headerEdits, tableEntries } from "./draft.ts";
import { hexOf, numberEdit } from "./fuzz_case.ts";
import type { Random } from "../../lib/storage/random.ts";
import { MAX_FILE_BYTES } from "../../lib/storage/sparse_file.ts";

/** Changes a draft. */
export type Mutation = (draft: Draft, random: Random) => void;

const MAX_U64 = (1n << 64n) - 1n;

/** Numbers at which arithmetic goes wrong. */
const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 511n, 512n, 513n, 4095n, 4096n, 4097n],
  ...[31n, 32n, 40n, 43n, 52n, 53n, 62n, 63n].flatMap((bit) => [
    (1n << bit) - 4096n,
    (1n << bit) - 512n,
    (1n << bit) - 1n,
    1n << bit,
    (1n << bit) + 512n,
  ]),
  (1n << 63n) - (1n << 30n),
  ...[MAX_U64, MAX_U64 - 511n, MAX_U64 - 4095n, MAX_U64 - 65535n],
];

const somewhere = (random: Random, most: number) => random.below(Math.max(1, most));

/** An offset that an entry or a header field may hold: all the wrong ones, and some right ones. */
function anyOffset(draft: Draft, random: Random): bigint {
  const { clusterBytes, tableClusters, l1Bytes, fileBytes, data, l2Tables } = draft;
  const inUse = [...data, ...l2Tables.map(({ at }) => at), l1Bytes];
  const endBytes = Math.floor(fileBytes / clusterBytes) * clusterBytes;
  const aligned = random.weighted<number>([
    [6, random.pick(inUse)],
    [2, random.pick(inUse) + clusterBytes * random.between(1, tableClusters)],
    [2, l1Bytes + clusterBytes * random.below(tableClusters)],
    [3, endBytes + clusterBytes * random.between(-tableClusters - 1, 2)],
    [2, clusterBytes * random.below(draft.headerClusters)],
    [2, clusterBytes * somewhere(random, endBytes / clusterBytes)],
  ]);
  return BigInt.asUintN(
    64,
    random.weighted([
      [12, BigInt(aligned)],
      [2, BigInt(aligned + random.pick([1, 2, 8, 512, clusterBytes / 2, clusterBytes - 1]))],
      [1, BigInt(aligned) | 1n << BigInt(random.between(32, 63))],
      [2, random.pick(EDGES)],
      [1, random.u64()],
      [1, random.u64() >> BigInt(random.below(64)) << 12n],
    ]),
  );
}

/** One header field with a value from the edge of what is allowed, or from beyond it. */
export function mutateField(draft: Draft, random: Random): void {
  const layout = random.oneIn(6) ? (draft.layout === "final" ? "rfc" : "final") : draft.layout;
  const fields = { ...FIELD_OFFSETS.common, ...FIELD_OFFSETS[layout] };
  const name = random.pick(Object.keys(fields) as (keyof typeof fields)[]);
  const byteCount = /features|image_size|l1_table/.test(name) ? 8 : 4;
  draft.edits.push(numberEdit(fields[name], fieldValue(name, draft, random), byteCount, name));
}

function fieldValue(name: string, draft: Draft, random: Random): bigint {
  const { clusterBytes, tableClusters, headerClusters, fileBytes } = draft;
  const small = (values: readonly number[]) => BigInt(random.pick(values));
  if (random.oneIn(10)) return random.u64();
  if (name === "magic") return small([0, 0x00444550, 0x51454400, 0x44455100, 0x00444551]);
  if (name === "cluster_size") {
    return random.oneIn(2)
      ? 1n << BigInt(random.below(32))
      : small([0, 1, 4095, 4097, 6144, clusterBytes * 2, clusterBytes / 2, 2 ** 32 - 1]);
  }
  if (name === "table_size") {
    return small([0, 1, 2, 3, 4, 8, 15, 16, 17, 32, tableClusters * 2, 2 ** 31, 2 ** 32 - 1]);
  }
  if (name === "header_size") {
    const whole = Math.floor(fileBytes / clusterBytes);
    return small([0, 1, 2, 3, headerClusters + 1, whole, whole + 1, 2 ** 20, 2 ** 31, 2 ** 32 - 1]);
  }
  if (name.endsWith("features")) {
    return random.weighted([[3, BigInt(random.below(8))], [1, 1n << BigInt(random.below(64))]]);
  }
  if (name === "l1_table_offset") return anyOffset(draft, random);
  if (name === "image_size") {
    const most = BigInt(tableEntries(draft)) ** 2n * BigInt(clusterBytes);
    const near = most + BigInt(random.pick([-1, 0, 1, 512, -512, clusterBytes, -clusterBytes]));
    const bytes = BigInt(random.below(2 ** 12) * 512);
    return random.weighted([[2, near], [2, random.pick(EDGES)], [3, bytes], [1, bytes + 1n]]);
  }
  const headerBytes = headerClusters * clusterBytes;
  return small([
    ...[0, 1, 4, 63, 64, 1023, 1024, 4031, 4032, 4095, 4096, 2 ** 31, 2 ** 32 - 1],
    ...[headerBytes - 1, headerBytes, headerBytes + 1, fileBytes],
  ]);
}

/** The same image with the header of the other layout. */
export function swapLayout(draft: Draft, random: Random): void {
  const layout = draft.layout === "final" ? "rfc" : "final";
  draft.edits.push({ kind: "fill", at: 0, lengthBytes: HEADER_BYTES, value: 0, what: "header" });
  draft.edits.push(...headerEdits({ ...draft, layout }, random));
}

/** A wrong or suspicious entry of the L1 table. */
function mutateL1(draft: Draft, random: Random): void {
  const known = draft.l2Tables.map(({ l1Index }) => l1Index);
  const index = random.weighted([
    [3, known.length > 0 ? random.pick(known) : 0],
    [3, random.below(8)],
    [1, somewhere(random, tableEntries(draft))],
  ]);
  const at = draft.l1Bytes + 8 * index;
  draft.edits.push(numberEdit(at, anyOffset(draft, random), 8, `l1_table[${index}]`));
}

/** A wrong or suspicious entry of an L2 table, or several that look like a run. */
function mutateL2(draft: Draft, random: Random): void {
  const tables = [...draft.l2Tables, { at: draft.l1Bytes, l1Index: -1 }];
  const table = draft.l2Tables.length > 0 && !random.oneIn(20)
    ? random.pick(draft.l2Tables)
    : random.pick(tables);
  const index = random.oneIn(5) ? random.below(tableEntries(draft)) : random.below(12);
  const first = anyOffset(draft, random);
  const count = random.oneIn(6) ? random.between(2, 12) : 1;
  for (let i = 0; i < count && index + i < tableEntries(draft); i++) {
    const value = BigInt.asUintN(64, first + BigInt(i * draft.clusterBytes));
    const name = `l2_table[${table.l1Index}][${index + i}]`;
    draft.edits.push(numberEdit(table.at + 8 * (index + i), value, 8, name));
  }
}

/** An L1 table that points at itself or at one table all over, or a table full of garbage. */
export function flood(draft: Draft, random: Random): void {
  const table = random.pick([draft.l1Bytes, ...draft.l2Tables.map(({ at }) => at)]);
  const count = Math.min(tableEntries(draft), random.pick([16, 64, 512, 8192]));
  const first = anyOffset(draft, random);
  const step = random.pick([0n, BigInt(draft.clusterBytes), 1n]);
  const entries = new BigUint64Array(count).map((_, i) =>
    BigInt.asUintN(64, first + BigInt(i) * step)
  );
  const hex = hexOf(new Uint8Array(entries.buffer));
  draft.edits.push({ kind: "bytes", at: table, hex, what: `flood of table at ${table}` });
}

/** Clusters that nothing refers to. */
export function leak(draft: Draft, random: Random): void {
  if (draft.fileBytes > 2 ** 50) return;
  const at = addClusters(draft, random.between(1, 9), "leaked clusters");
  draft.edits.push({ kind: "fill", at, lengthBytes: 512, value: 0xee, what: "leaked data" });
}

/** Cut the file, let it end in a torn cluster, or make it huge. */
export function resize(draft: Draft, random: Random): void {
  const { clusterBytes, l1Bytes, fileBytes, tableClusters, l2Tables, data } = draft;
  const places = [
    ...[0, 1, 4, 63, 64, 511, 512, 4095, 4096, l1Bytes],
    l1Bytes + tableClusters * clusterBytes,
    ...l2Tables.flatMap(({ at }) => [at, at + tableClusters * clusterBytes]),
    ...data.flatMap((at) => [at, at + clusterBytes]),
    fileBytes,
    fileBytes,
  ];
  const near = random.pick(places) + random.pick([0, 0, -512, -511, -1, 1, 511, 512]);
  const wanted = random.weighted([
    [8, Math.max(0, near)],
    [3, fileBytes + random.below(3 * clusterBytes)],
    [2, somewhere(random, fileBytes)],
    [1, fileBytes + clusterBytes * random.between(1, 5000)],
    [1, random.pick([2 ** 31, 2 ** 32, 2 ** 36, 2 ** 40, 2 ** 43, 2 ** 52, MAX_FILE_BYTES])],
  ]);
  const sizeBytes = Math.min(wanted, MAX_FILE_BYTES);
  draft.fileBytes = sizeBytes;
  draft.edits.push({ kind: "size", sizeBytes, what: "size of the file" });
}

/** Bytes anywhere in what matters: the header, the names behind it, the tables. */
function havoc(draft: Draft, random: Random): void {
  const tables = [draft.l1Bytes, ...draft.l2Tables.map(({ at }) => at)];
  const at = random.weighted([
    [3, random.below(HEADER_BYTES)],
    [1, HEADER_BYTES + random.below(512)],
    [2, random.pick(tables) + random.below(128)],
    [1, somewhere(random, Math.min(draft.fileBytes, 2 ** 40))],
  ]);
  const bytes = new Uint8Array(random.pick([1, 1, 1, 2, 4, 8, 16]));
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = random.weighted([[2, 1 << random.below(8)], [1, random.below(256)], [1, 0xff]]);
  }
  draft.edits.push({ kind: "bytes", at, hex: hexOf(bytes), what: "havoc" });
}

/** All of them, each as often as its weight says. */
export const MUTATIONS: readonly (readonly [weight: number, Mutation])[] = [
  [6, mutateField],
  [1, swapLayout],
  [5, mutateL1],
  [9, mutateL2],
  [1, flood],
  [2, leak],
  [4, resize],
  [3, havoc],
];

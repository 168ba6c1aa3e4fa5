/**
 * A key-value store with a write-ahead log: eight keys, and for each a value of 512 bytes.
 *
 *     sector 0        the generation: which records of the log count
 *     sectors 1 to 8  the table: the value of key k is in sector 1 + k
 *     sectors 9 on    the log, two sectors for each record: a head, and the value
 */
import type { Operation } from "@powercut/powercut/lib";

export const SECTOR = 512;
export const KEYS = 8;
const TABLE = SECTOR;
const LOG = TABLE + KEYS * SECTOR;
const RECORD = 2 * SECTOR;
/** The log is small, so that it is full soon. */
const RECORDS = 3;

/** What the store gets right. Each of these has been forgotten by somebody. */
export interface Rules {
  /** The checksum of a record covers its value, not only its head. */
  readonly checksumsValues: boolean;
  /** The table is flushed before the log is emptied. */
  readonly flushesTable: boolean;
  /** The emptied log is flushed before there are new records in it. */
  readonly flushesGeneration: boolean;
}
export const CORRECT: Rules = {
  checksumsValues: true,
  flushesTable: true,
  flushesGeneration: true,
};

/** A store that is open. */
export interface Store {
  readonly rules: Rules;
  generation: number;
  /** How many records the log has. */
  records: number;
  /** What they say. */
  readonly values: Map<number, Uint8Array>;
}

/** A file in which every value is zeroes. */
export function emptyFile(): Uint8Array {
  return new Uint8Array(LOG + RECORDS * RECORD);
}

/** Open a store: replay its log up to the first record that is not whole. */
export function* openStore(rules: Rules): Operation<Store> {
  const generation = yield* readGeneration();
  const store: Store = { rules, generation, records: 0, values: new Map() };
  while (store.records < RECORDS) {
    const record = yield* readRecord(store);
    if (!record) break;
    store.values.set(record.key, record.value);
    store.records++;
  }
  // Behind the first record that is not whole there may be others: from here on they are old.
  yield* checkpoint(store);
  return store;
}

/** Set the value of a key. It is durable after the next flush. */
export function* put(store: Store, key: number, value: Uint8Array): Operation<void> {
  if (store.records === RECORDS) yield* checkpoint(store);
  const record = new Uint8Array(RECORD);
  record.set(value, SECTOR);
  const head = new DataView(record.buffer);
  head.setUint32(0, store.generation, true);
  head.setUint32(4, key, true);
  head.setUint32(8, checksumOf(record, store.rules), true);
  yield { kind: "write", file: 0, offsetBytes: recordAt(store), bytes: record, label: "record" };
  store.values.set(key, value.slice());
  store.records++;
}

/** Read the value of a key. */
export function* get(store: Store, key: number, into: Uint8Array): Operation<void> {
  const value = store.values.get(key);
  if (value) into.set(value);
  else yield { kind: "read", file: 0, offsetBytes: TABLE + key * SECTOR, into, label: "table" };
}

/** Make durable what was put. */
export function* flush(): Operation<void> {
  yield { kind: "flush", file: 0, scope: "data", label: "flush" };
}

/** Move what the log says into the table, and empty the log. */
export function* checkpoint(store: Store): Operation<void> {
  for (const [key, bytes] of store.values) {
    yield { kind: "write", file: 0, offsetBytes: TABLE + key * SECTOR, bytes, label: "table" };
  }
  if (store.rules.flushesTable) yield* flush();
  store.generation++;
  store.records = 0;
  store.values.clear();
  const bytes = new Uint8Array(SECTOR);
  new DataView(bytes.buffer).setUint32(0, store.generation, true);
  yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "generation" };
  if (store.rules.flushesGeneration) yield* flush();
}

/** The generation that the file is of. */
export function* readGeneration(): Operation<number> {
  const into = new Uint8Array(SECTOR);
  yield { kind: "read", file: 0, offsetBytes: 0, into, label: "generation" };
  return new DataView(into.buffer).getUint32(0, true);
}

function recordAt(store: Store): number {
  return LOG + store.records * RECORD;
}

/** The next record, if it is whole and of this generation. */
function* readRecord(store: Store): Operation<{ key: number; value: Uint8Array } | undefined> {
  const record = new Uint8Array(RECORD);
  yield { kind: "read", file: 0, offsetBytes: recordAt(store), into: record, label: "record" };
  const head = new DataView(record.buffer);
  const isWhole = head.getUint32(8, true) === checksumOf(record, store.rules);
  if (!isWhole || head.getUint32(0, true) !== store.generation) return undefined;
  return { key: head.getUint32(4, true), value: record.subarray(SECTOR) };
}

/** A checksum (FNV-1a) of the generation, the key and, if that is the rule, the value. */
function checksumOf(record: Uint8Array, rules: Rules): number {
  let sum = 0x811c9dc5;
  const add = (byte: number) => sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  record.subarray(0, 8).forEach(add);
  if (rules.checksumsValues) record.subarray(SECTOR).forEach(add);
  return sum;
}

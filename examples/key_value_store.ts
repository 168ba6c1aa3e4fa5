/**
 * A key-value store with a write-ahead log: eight keys, and for each a value of 512 bytes.
 *
 *     sector 0        the generation: which records of the log count
 *     sectors 1 to 8  the table: the value of key k is in sector 1 + k
 *     sectors 9 on    the log, two sectors for each record: a head, and the value
 */
import { bySector, defineFormat, explore, FLUSH, type Format } from "@powercut/powercut";
import { type Operation, read, readData, write } from "@powercut/powercut";

const SECTOR = 512;
const KEYS = 8;
const LOG = (1 + KEYS) * SECTOR;
const RECORD = 2 * SECTOR;
const RECORDS = 3; // so few that the log is full soon

/** The steps that keep the store safe. Real stores have forgotten each of these. */
export const CORRECT = { checksumsValues: true, flushesTable: true, flushesGeneration: true };

/** A store that is open: the generation, and what the records of the log say. */
interface Store {
  readonly rules: typeof CORRECT;
  generation: number;
  records: number;
  readonly values: Map<number, Uint8Array>;
}

/** Open a store: replay its log up to the first record that is not whole. */
function* open(rules: typeof CORRECT): Operation<Store> {
  const [generation] = uint32s(yield* read(0, SECTOR, "generation"));
  const store: Store = { rules, generation, records: 0, values: new Map() };
  for (; store.records < RECORDS; store.records++) {
    const record = yield* read(LOG + store.records * RECORD, RECORD, "record");
    const [itsGeneration, key, checksum] = uint32s(record);
    if (itsGeneration !== generation || checksum !== checksumOf(record, rules)) break;
    store.values.set(key, record.subarray(SECTOR));
  }
  yield* checkpoint(store); // the records after that one are old from here on
  return store;
}

/** Set the value of a key. It is durable after the next flush. */
function* put(store: Store, key: number, value: Uint8Array) {
  if (store.records === RECORDS) yield* checkpoint(store);
  const record = new Uint8Array(RECORD);
  record.set(value, SECTOR);
  uint32s(record).set([store.generation, key]);
  uint32s(record)[2] = checksumOf(record, store.rules);
  yield* write(LOG + store.records++ * RECORD, record, "record");
  store.values.set(key, value.slice());
}

/** Read the value of a key: what the log says, or else what the table says. */
function* get({ values }: Store, key: number, into: Uint8Array) {
  if (values.has(key)) into.set(values.get(key)!);
  else yield* readData((1 + key) * SECTOR, into);
}

/** Move what the log says into the table, and empty the log. */
function* checkpoint(store: Store) {
  for (const [key, value] of store.values) yield* write((1 + key) * SECTOR, value, "table");
  if (store.rules.flushesTable) yield FLUSH;
  const sector = new Uint8Array(SECTOR);
  uint32s(sector)[0] = ++store.generation;
  yield* write(0, sector, "generation");
  if (store.rules.flushesGeneration) yield FLUSH;
  store.records = 0;
  store.values.clear();
}

/** A checksum (FNV-1a) of the generation, the key and, if that is the rule, the value. */
function checksumOf(record: Uint8Array, { checksumsValues }: typeof CORRECT) {
  const summed = [...record.subarray(0, 8), ...(checksumsValues ? record.subarray(SECTOR) : [])];
  return summed.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

const uint32s = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, 3);

/** The store as a format: a disk whose sector k is the value of key k. */
export const keyValueStore = (rules = CORRECT): Format =>
  defineFormat<Store>({
    name: "kv",
    sizeBytes: KEYS * SECTOR,
    create: () => new Uint8Array(LOG + RECORDS * RECORD),
    open: () => open(rules),
    read: (store, at, into) => bySector(into, (piece, i) => get(store, at / SECTOR + i, piece)),
    write: (store, at, bytes) => bySector(bytes, (piece, i) => put(store, at / SECTOR + i, piece)),
    *flush() {
      yield FLUSH;
    },
    close: checkpoint,
  });

if (import.meta.main) {
  console.log(`${explore(keyValueStore())}`);
  console.log(`${explore(keyValueStore({ ...CORRECT, checksumsValues: false }))}`);
  console.log(`${explore(keyValueStore({ ...CORRECT, flushesTable: false }))}`);
}

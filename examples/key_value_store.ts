/**
 * A key-value store with a write-ahead log: eight keys, and for each a value of 512 bytes.
 *
 *     sector 0        the generation: which records of the log count
 *     sectors 1 to 8  the table: the value of key k is in sector 1 + k
 *     sectors 9 on    the log, two sectors for each record: a head, and the value
 */
import { defineFormat, explore, type Format } from "@powercut/powercut";
import { FLUSH, read, readData, write } from "@powercut/powercut";

const SECTOR = 512;
const KEYS = 8;
const LOG = (1 + KEYS) * SECTOR;
const RECORD = 2 * SECTOR;
const RECORDS = 3; // so few that the log is full soon

/** What the store gets right. Each of these has been forgotten by somebody. */
export const CORRECT = { checksumsValues: true, flushesTable: true, flushesGeneration: true };

/** A store that is open: how many records the log has, and the value of each key in them. */
class Store {
  #records = 0;
  readonly #values = new Map<number, Uint8Array>();
  #generation = 0;
  constructor(readonly rules: typeof CORRECT) {}

  /** Replay the log up to the first record that is not whole. */
  *open() {
    this.#generation = uint32(yield* read(0, SECTOR, "generation"), 0);
    for (; this.#records < RECORDS; this.#records++) {
      const record = yield* read(LOG + this.#records * RECORD, RECORD, "record");
      if (uint32(record, 8) !== this.#checksum(record)) break;
      if (uint32(record, 0) !== this.#generation) break;
      this.#values.set(uint32(record, 4), record.subarray(SECTOR));
    }
    yield* this.checkpoint(); // records behind that one are old from here on
  }

  *put(key: number, value: Uint8Array) {
    if (this.#records === RECORDS) yield* this.checkpoint();
    const record = new Uint8Array(RECORD);
    record.set(value, SECTOR);
    setUint32(record, 0, this.#generation);
    setUint32(record, 4, key);
    setUint32(record, 8, this.#checksum(record));
    yield* write(LOG + this.#records++ * RECORD, record, "record");
    this.#values.set(key, value.slice());
  }

  *get(key: number, into: Uint8Array) {
    const value = this.#values.get(key);
    if (value) into.set(value);
    else yield* readData((1 + key) * SECTOR, into);
  }

  /** Move the values into the table, and empty the log. */
  *checkpoint() {
    for (const [key, value] of this.#values) yield* write((1 + key) * SECTOR, value, "table");
    if (this.rules.flushesTable) yield FLUSH;
    const sector = new Uint8Array(SECTOR);
    setUint32(sector, 0, ++this.#generation);
    yield* write(0, sector, "generation");
    if (this.rules.flushesGeneration) yield FLUSH;
    this.#records = 0;
    this.#values.clear();
  }

  /** A checksum (FNV-1a) of the generation, the key and, if that is the rule, the value. */
  #checksum(record: Uint8Array) {
    const bytes = [...record.subarray(0, 8), ...record.subarray(SECTOR)];
    const summed = this.rules.checksumsValues ? bytes : bytes.slice(0, 8);
    return summed.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
  }
}

const uint32 = ({ buffer }: Uint8Array, at: number) => new DataView(buffer).getUint32(at);
const setUint32 = ({ buffer }: Uint8Array, at: number, value: number) =>
  new DataView(buffer).setUint32(at, value);

/** The store as a format: a disk whose sector k is the value of key k. */
export const keyValueStore = (rules = CORRECT): Format =>
  defineFormat<Store>({
    name: "kv",
    sizeBytes: KEYS * SECTOR,
    create: () => new Uint8Array(LOG + RECORDS * RECORD),
    *open() {
      const store = new Store(rules);
      yield* store.open();
      return store;
    },
    read: (store, at, into) => eachKey(at, into, (key, value) => store.get(key, value)),
    write: (store, at, bytes) => eachKey(at, bytes, (key, value) => store.put(key, value)),
    *flush() {
      yield FLUSH;
    },
    close: (store) => store.checkpoint(),
  });

/**
 * An append-only log that stores a small disk: writing a block appends a record, and of the records of
 * a block the last one holds. A record is a head of 512 bytes (magic number, block, length,
 * checksum) and the data.
 */
import { fileSize, FLUSH, read, readData, resize, write } from "@powercut/powercut";
import { defineFormat, explore, type Format } from "@powercut/powercut";

const BLOCK = 512;
const HEAD = 512;
const MAGIC = 0x10c5;

/** A log that is open: where the data of each block is, and where the next record goes. */
interface Log {
  readonly places: Map<number, number>;
  end: number;
}

/** The log as a format; without checksums recovery believes a record whose head alone was written. */
export function appendLog({ checksData = true } = {}): Format {
  return defineFormat<Log>({
    name: "append-log",
    sizeBytes: 4 * BLOCK,
    create: () => new Uint8Array(0),
    *open() {
      const log: Log = { places: new Map(), end: 0 };
      for (;;) {
        const head = yield* read(log.end, HEAD, "head");
        const [magic, block, length, checksum] = fieldsOf(head);
        if (magic !== MAGIC || length > BLOCK) break;
        const data = yield* read(log.end + HEAD, length, "data to check");
        if (checksum !== checksumOf(head, checksData ? data : [])) break;
        log.places.set(block, log.end + HEAD);
        log.end += HEAD + length;
      }
      // Behind the last whole record there may be others, which the next one would bring back.
      if ((yield* fileSize()) > log.end) {
        yield* resize(log.end);
        yield FLUSH;
      }
      return log;
    },
    *read(log, at, into) {
      for (let i = 0; i < into.length; i += BLOCK) {
        const place = log.places.get((at + i) / BLOCK);
        if (place !== undefined) yield* readData(place, into.subarray(i, i + BLOCK));
      }
    },
    *write(log, at, bytes) {
      for (let i = 0; i < bytes.length; i += BLOCK) {
        const record = recordOf((at + i) / BLOCK, bytes.subarray(i, i + BLOCK), checksData);
        const place = log.end;
        log.end += record.length;
        yield* write(place, record, "record");
        log.places.set((at + i) / BLOCK, place + HEAD);
      }
    },
    *flush() {
      yield FLUSH;
    },
  });
}

function recordOf(block: number, data: Uint8Array, checksData: boolean): Uint8Array {
  const record = new Uint8Array(HEAD + data.length);
  record.set(data, HEAD);
  fieldsOf(record).set([MAGIC, block, data.length]);
  fieldsOf(record)[3] = checksumOf(record, checksData ? data : []);
  return record;
}

function fieldsOf({ buffer }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, 0, 4);
}

/** FNV-1a over the first fields of the head, and the data. */
function checksumOf(head: Uint8Array, data: Iterable<number>): number {
  let sum = 0x811c9dc5;
  for (const byte of [...head.subarray(0, 12), ...data]) {
    sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  }
  return sum;
}

if (import.meta.main) {
  console.log(`${explore(appendLog())}`);
  console.log(`${explore(appendLog({ checksData: false }))}`);
}

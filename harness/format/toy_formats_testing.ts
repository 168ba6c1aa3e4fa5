import { defineFormat, type Format, type FormatDefinition } from "./define_format.ts";
import { bySector, FLUSH, read, readData, write } from "./requests.ts";

const SECTOR = 512;

/** How the toy is wrong. */
export interface ToyBugs {
  /** Flushes do nothing. */
  readonly skipsFlush?: boolean;
  /** A flush that fails is taken for one that did not. */
  readonly ignoresFailedFlush?: boolean;
  /** A read that fails gives zeroes. */
  readonly ignoresFailedRead?: boolean;
  /** The place of a record is taken when it has been written: two at once take the same. */
  readonly takesPlaceLate?: boolean;
  /** Writes of two sectors are refused. */
  readonly refusesLong?: boolean;
}

/** The definition of a disk that is its own file, four sectors long. */
export function rawDefinition(bugs: ToyBugs = {}): FormatDefinition<void> {
  return {
    name: "raw",
    sizeBytes: 4 * SECTOR,
    create: () => new Uint8Array(4 * SECTOR),
    *open() {},
    *read(_, at, into) {
      try {
        yield* readData(at, into);
      } catch (error) {
        if (!bugs.ignoresFailedRead) throw error;
        into.fill(0);
      }
    },
    *write(_, at, bytes) {
      if (bugs.refusesLong && bytes.length > SECTOR) throw new RangeError("too long");
      yield* write(at, bytes);
    },
    *flush() {
      if (bugs.skipsFlush) return;
      try {
        yield FLUSH;
      } catch (error) {
        if (!bugs.ignoresFailedFlush) throw error;
      }
    },
    isRefusal: (error) => error instanceof RangeError && error.message === "too long",
  };
}

/** A disk that is its own file, four sectors long. */
export function rawFormat(bugs: ToyBugs = {}): Format {
  return defineFormat(rawDefinition(bugs));
}

/** A journal: a map in sector 0 says in which sector of the file each of four sectors is. */
export function mapFormat({ takesPlaceLate, skipsFlush }: ToyBugs = {}): Format {
  return defineFormat<{ map: Uint8Array; end: number }>({
    name: "map",
    sizeBytes: 4 * SECTOR,
    create: () => new Uint8Array(SECTOR),
    *open() {
      const map = yield* read(0, SECTOR, "map");
      return { map, end: 1 + Math.max(...map.subarray(0, 4)) };
    },
    read: ({ map }, at, into) =>
      bySector(into, function* (piece, i) {
        const place = map[at / SECTOR + i];
        if (place > 0) yield* readData(place * SECTOR, piece);
      }),
    write: (session, at, bytes) =>
      bySector(bytes, function* (piece, i) {
        const place = session.end;
        if (!takesPlaceLate) session.end++;
        yield* write(place * SECTOR, piece, "data");
        if (takesPlaceLate) session.end++;
        if (!skipsFlush) yield FLUSH;
        session.map[at / SECTOR + i] = place;
        yield* write(0, session.map, "map");
      }),
    *flush() {
      yield FLUSH;
    },
    fingerprint: ({ map, end }) => `${map.subarray(0, 4)} ${end}`,
  });
}

/** A write of one sector. */
export function writeAt(sector: number, sectors = 1) {
  const [offsetBytes, lengthBytes] = [sector * SECTOR, sectors * SECTOR];
  return { kind: "write", offsetBytes, lengthBytes } as const;
}

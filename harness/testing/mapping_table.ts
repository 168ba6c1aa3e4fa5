/**
 * A mapping table, a disk format small enough for brute force, with a driver that can have bugs injected.
 *
 * Sector 0 is the header: a magic byte and a dirty flag. Sector 1 is the table: for each guest
 * sector the file sector that holds it, 16 bits, 0 for none. Data follows. Recovery of a dirty file
 * clears entries past the end and entries that share a sector. What no entry refers to is free.
 *
 * The order that the driver keeps: the dirty flag is durable before anything else changes; an
 * entry is cleared durably before its sector is used again; what is written into a sector used
 * again is durable before an entry points there; the flag is cleared when all else is durable; data
 * goes out in whole sectors.
 */
import type { Operation, Request } from "../../lib/storage/mod.ts";
import type { Inspection, Refusal, Target } from "../target/target.ts";

const SECTOR = 512;
const MAGIC = 0x70;
/** Where the dirty flag is: not at the start of a sector. */
const FLAG_OFFSET = 200;
const TABLE_OFFSET = SECTOR;
const FIRST_DATA = 2;
/** Sectors of the guest's disk. */
export const MAPPING_GUEST_SECTORS = 6;
/** Bytes of the guest's disk. */
export const MAPPING_GUEST_BYTES = MAPPING_GUEST_SECTORS * SECTOR;

/** The bugs that can be injected into the driver. */
export const MAPPING_BUGS = [
  "dirty flag not flushed",
  "dirty flag set late",
  "dirty flag cleared early",
  "dirty flag never set",
  "guest flush swallowed",
  "freed sector used again at once",
  "data of a used sector not flushed",
  "entry written before the flag",
  "neighbour zeroed",
  "tail cut off at once and grown again",
] as const;
/** One of {@linkcode MAPPING_BUGS}. */
export type MappingBug = typeof MAPPING_BUGS[number];

/** What an open file remembers. */
export interface MappingSession {
  readonly table: Uint16Array;
  /** Sectors not in use; taken from the end. */
  free: number[];
  /** Freed, but not durably. */
  freedLately: number[];
  endSector: number;
  dirty: boolean;
  readonly bug: MappingBug | undefined;
}

class MappingError extends Error {}

/** An empty file. */
export function emptyMapping(): Uint8Array {
  const bytes = new Uint8Array(FIRST_DATA * SECTOR);
  bytes[0] = MAGIC;
  return bytes;
}

/** The format, opened after a crash by a driver with `bug`. */
export function mappingTarget(bug?: MappingBug): Target<MappingSession> {
  return {
    name: "mapping table",
    dataLabels: new Set(["data"]),
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    postRecoveryWrites: [{
      offsetBytes: (MAPPING_GUEST_SECTORS - 1) * SECTOR,
      lengthBytes: SECTOR,
    }],
    beforeEachState() {},
    recover: () => openToy(bug),
    inspect,
    read: readMapped,
    write: writeToy,
    fingerprint: ({ table, free, endSector, dirty }) => `${table};${free};${endSector};${dirty}`,
    refusal(error): Refusal | undefined {
      if (!(error instanceof MappingError)) return undefined;
      return { subject: error.message, detail: error.message };
    },
  };
}

/** Open a file and repair it if it is dirty. */
export function* openToy(bug?: MappingBug): Operation<MappingSession> {
  const header = yield* readSector(0, "header");
  if (header[0] !== MAGIC) throw new MappingError("not a file of this format");
  const tableBytes = yield* readSector(TABLE_OFFSET, "table");
  const table = new Uint16Array(tableBytes.buffer, 0, MAPPING_GUEST_SECTORS).slice();
  const endSector = Math.ceil((yield { kind: "size", file: 0 }) / SECTOR);
  const session: MappingSession = {
    table,
    free: [],
    freedLately: [],
    endSector,
    dirty: header[FLAG_OFFSET] !== 0,
    bug,
  };
  if (session.dirty) yield* repair(session);
  for (let sector = FIRST_DATA; sector < endSector; sector++) {
    if (!table.includes(sector)) session.free.push(sector);
  }
  return session;
}

function* repair(session: MappingSession): Operation<void> {
  const { table, endSector } = session;
  for (let i = 0; i < table.length; i++) {
    const isShared = table.indexOf(table[i]) < i;
    if (table[i] === 0 || (isInRange(table[i], endSector) && !isShared)) continue;
    table[i] = 0;
    yield* writeEntry(session, i);
  }
  yield flush("repaired");
  yield* setFlag(session, false);
}

function isInRange(sector: number, endSector: number): boolean {
  return sector >= FIRST_DATA && sector < endSector;
}

function endOfUsed(table: Uint16Array): number {
  return Math.max(FIRST_DATA, ...Array.from(table, (sector) => sector + 1));
}

function* inspect(session: MappingSession): Operation<Inspection> {
  const bytes = yield* readSector(TABLE_OFFSET, "table");
  const table = new Uint16Array(bytes.buffer, 0, MAPPING_GUEST_SECTORS);
  const sizeBytes = yield { kind: "size", file: 0 };
  const end = Math.ceil(sizeBytes / SECTOR);
  const problems: string[] = [];
  table.forEach((sector, i) => {
    if (sector === 0) return;
    if (!isInRange(sector, end)) problems.push(`entry ${i} is out of range`);
    else if (table.indexOf(sector) < i) problems.push(`entry ${i} is shared`);
  });
  if (session.dirty) problems.push("dirty");
  // What no entry refers to is used again, so nothing is ever lost.
  return { problems, leakedBytes: 0 };
}

/** Read whole guest sectors. */
function* readMapped(
  session: MappingSession,
  offsetBytes: number,
  into: Uint8Array,
): Operation<void> {
  for (let at = 0; at < into.length; at += SECTOR) {
    const sector = session.table[(offsetBytes + at) / SECTOR];
    const piece = into.subarray(at, at + SECTOR);
    let moved = 0;
    if (sector !== 0) {
      if (!isInRange(sector, session.endSector)) throw new MappingError("an entry is out of range");
      moved = yield {
        kind: "read",
        file: 0,
        offsetBytes: sector * SECTOR,
        into: piece,
        label: "data",
      };
    }
    piece.fill(0, moved);
  }
}

/** Write any bytes of the guest's disk; a sector of zeroes is given back. */
export function* writeToy(
  session: MappingSession,
  offsetBytes: number,
  bytes: Uint8Array,
): Operation<void> {
  for (let done = 0; done < bytes.length;) {
    const guest = Math.floor((offsetBytes + done) / SECTOR);
    const inSector = (offsetBytes + done) % SECTOR;
    const piece = bytes.subarray(done, done + SECTOR - inSector);
    const sector = session.table[guest];
    if (sector !== 0) {
      yield writeOf(sector * SECTOR + inSector, piece, "data");
    } else {
      const whole = new Uint8Array(SECTOR);
      yield* readMapped(session, guest * SECTOR, whole);
      whole.set(piece, inSector);
      yield* allocate(session, guest, whole);
    }
    done += piece.length;
  }
}

function* allocate(
  session: MappingSession,
  guest: number,
  data: Uint8Array,
): Operation<void> {
  const { bug } = session;
  const reused = session.free.pop();
  if (bug !== "dirty flag set late" && bug !== "entry written before the flag") {
    yield* setFlag(session, true);
  }
  const sector = reused ?? session.endSector++;
  session.table[guest] = sector;
  if (bug === "entry written before the flag") {
    yield* writeEntry(session, guest);
    yield* setFlag(session, true);
  }
  yield writeOf(sector * SECTOR, data, "data");
  if (bug === "neighbour zeroed" && sector > FIRST_DATA) {
    yield writeOf((sector - 1) * SECTOR, new Uint8Array(100), "data");
  }
  if (reused !== undefined && bug !== "data of a used sector not flushed") yield flush("data");
  yield* writeEntry(session, guest);
  if (bug === "dirty flag set late") yield* setFlag(session, true);
}

/** The guest does not need a sector any more: it reads as zeroes from now on. */
export function* discardToy(session: MappingSession, guest: number): Operation<void> {
  const sector = session.table[guest];
  if (sector === 0) return;
  yield* setFlag(session, true);
  session.table[guest] = 0;
  yield* writeEntry(session, guest);
  if (session.bug === "tail cut off at once and grown again") yield* cutTail(session);
  else if (session.bug === "freed sector used again at once") session.free.push(sector);
  else session.freedLately.push(sector);
}

/** Make all acknowledged writes durable. */
export function* flushToy(session: MappingSession): Operation<void> {
  if (session.bug !== "guest flush swallowed") yield flush("guest");
  session.free.push(...session.freedLately);
  session.freedLately = [];
}

/** Cut off what is not in use, and close cleanly. */
export function* closeToy(session: MappingSession): Operation<void> {
  if (session.bug === "dirty flag cleared early") yield* setFlag(session, false);
  yield flush("close");
  yield* cutTail(session);
  yield flush("cut");
  yield* setFlag(session, false);
}

function* cutTail(session: MappingSession): Operation<void> {
  session.endSector = endOfUsed(session.table);
  session.free = session.free.filter((sector) => sector < session.endSector);
  yield { kind: "resize", file: 0, sizeBytes: session.endSector * SECTOR, label: "cut" };
}

function* setFlag(session: MappingSession, dirty: boolean): Operation<void> {
  if (session.dirty === dirty || session.bug === "dirty flag never set") return;
  session.dirty = dirty;
  yield writeOf(FLAG_OFFSET, Uint8Array.of(dirty ? 1 : 0), "header");
  if (session.bug !== "dirty flag not flushed") yield flush("flag");
}

function writeEntry(session: MappingSession, guest: number): Operation<number> {
  const bytes = new Uint8Array(session.table.slice(guest, guest + 1).buffer);
  return once(writeOf(TABLE_OFFSET + 2 * guest, bytes, "table"));
}

function* once(request: Request): Operation<number> {
  return yield request;
}

function* readSector(offsetBytes: number, label: string): Operation<Uint8Array> {
  const into = new Uint8Array(SECTOR);
  yield { kind: "read", file: 0, offsetBytes, into, label };
  return into;
}

function writeOf(offsetBytes: number, bytes: Uint8Array, label: string): Request {
  return { kind: "write", file: 0, offsetBytes, bytes, label };
}

function flush(label: string): Request {
  return { kind: "flush", file: 0, scope: "data", label };
}

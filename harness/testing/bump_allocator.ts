/**
 * A tiny format with a defect for each oracle that QED has none for: each breaks one kind of promise.
 *
 * Sector 0 is the table: for each of two guest sectors the file sector that holds it, a byte each, 0
 * for none; then how many there are. Sector 1 says which file sector is the next to be used. Data
 * follows. A guest sector that has no place gets the next one: that it is taken is durable before
 * data goes there, and the data is durable before the table says so.
 */
import type { Operation } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import type { EngineCase } from "./engine_agreement.ts";

const SECTOR = 512;
const GUEST_SECTORS = 2;
const FIRST_DATA = 2;
const [TABLE, NEXT] = [0, 1];
/** Where in the sector of the table the number of entries is. */
const COUNT = GUEST_SECTORS;
const FLUSH = { kind: "flush", file: 0, scope: "data", label: "flush" } as const;

/** The bugs that can be injected into the driver. */
export const BUMP_ALLOCATOR_DEFECTS = [
  "the table points past the end of the file before it has grown",
  "the number of entries written later than the entries",
  "each write goes to a new place, and the old one is never used again",
  "that a place is taken written later than the table that names it",
] as const;
/** One of {@linkcode BUMP_ALLOCATOR_DEFECTS}. */
export type BumpAllocatorDefect = typeof BUMP_ALLOCATOR_DEFECTS[number];

/** What an open file remembers. */
interface Session {
  readonly table: Uint8Array;
  next: number;
}

class Refused extends Error {}

/** What is to be explored: a guest that writes its first sector, and then once more. */
export function bumpAllocatorCase(preset: Preset, defect?: BumpAllocatorDefect): EngineCase {
  const base = new Uint8Array(FIRST_DATA * SECTOR);
  base[NEXT * SECTOR] = FIRST_DATA;
  const target = bumpAllocator(defect);
  const recorder = new Recorder({ base });
  const session = recorder.run(target.recover());
  for (const value of [1, 2]) {
    const bytes = new Uint8Array(SECTOR).fill(value);
    recorder.guestWrite(0, bytes, target.write(session, 0, bytes));
    recorder.guestFlush(request(FLUSH));
  }
  return { log: recorder.log, target, preset, guestBytes: GUEST_SECTORS * SECTOR };
}

function bumpAllocator(defect?: BumpAllocatorDefect): Target<Session> {
  return {
    name: "bump allocator",
    dataLabels: new Set(["data"]),
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    postRecoveryWrites: [{ offsetBytes: SECTOR, lengthBytes: SECTOR }],
    beforeEachState() {},
    *recover() {
      const table = yield* readSector(TABLE);
      return { table, next: (yield* readSector(NEXT))[0] };
    },
    *inspect({ table }) {
      const used = table.subarray(0, GUEST_SECTORS).filter((place) => place !== 0).length;
      const sizeBytes = yield { kind: "size", file: 0 };
      return {
        problems: table[COUNT] === used ? [] : ["the number of entries is wrong"],
        leakedBytes: Math.max(0, sizeBytes - (FIRST_DATA + used) * SECTOR),
      };
    },
    *read({ table }, offsetBytes, into) {
      for (let at = 0; at < into.length; at += SECTOR) {
        const place = table[(offsetBytes + at) / SECTOR];
        const piece = into.subarray(at, at + SECTOR);
        if (place === 0) piece.fill(0);
        else yield* readData(place, piece);
      }
    },
    write: (session, offsetBytes, bytes) => write(session, offsetBytes / SECTOR, bytes, defect),
    refusal(error) {
      if (!(error instanceof Refused)) return undefined;
      return { subject: error.message, detail: error.message };
    },
  };
}

function* write(
  session: Session,
  guest: number,
  bytes: Uint8Array,
  defect?: BumpAllocatorDefect,
): Operation<void> {
  const { table } = session;
  if (table[guest] !== 0 && defect !== BUMP_ALLOCATOR_DEFECTS[2]) {
    yield* writeSector(table[guest], bytes, "data");
    return;
  }
  if (table[guest] === 0) table[COUNT]++;
  table[guest] = session.next++;
  if (defect !== BUMP_ALLOCATOR_DEFECTS[3]) {
    yield* writeNext(session);
    yield FLUSH;
  }
  yield* writeSector(table[guest], bytes, "data");
  if (defect !== BUMP_ALLOCATOR_DEFECTS[0]) yield FLUSH;
  if (defect === BUMP_ALLOCATOR_DEFECTS[1]) {
    yield* writeSector(TABLE, table.subarray(0, COUNT), "table");
    yield FLUSH;
  }
  yield* writeSector(TABLE, table.subarray(0, COUNT + 1), "table");
  if (defect === BUMP_ALLOCATOR_DEFECTS[3]) yield* writeNext(session);
}

function* writeNext({ next }: Session): Operation<void> {
  yield* writeSector(NEXT, Uint8Array.of(next), "next");
}

function* readData(place: number, into: Uint8Array): Operation<void> {
  const offsetBytes = place * SECTOR;
  const moved = yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
  if (moved < SECTOR) throw new Refused("a place past the end of the file");
}

function* readSector(sector: number): Operation<Uint8Array> {
  const into = new Uint8Array(SECTOR);
  yield { kind: "read", file: 0, offsetBytes: sector * SECTOR, into, label: "table" };
  return into;
}

function* writeSector(sector: number, bytes: Uint8Array, label: string): Operation<void> {
  yield { kind: "write", file: 0, offsetBytes: sector * SECTOR, bytes: bytes.slice(), label };
}

function* request(flush: typeof FLUSH): Operation<void> {
  yield flush;
}

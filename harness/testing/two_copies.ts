/** A tiny format that keeps a copy, and repairs it after a crash. */
import type { Operation } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Target } from "../target/target.ts";

const SECTOR = 512;

/** A sector that says whether its copy is being repaired, the sector, and the copy. */
const [FLAG, ORIGINAL, COPY] = [0, 1, 2];

function* readByte(sector: number): Operation<number> {
  const into = new Uint8Array(SECTOR);
  yield { kind: "read", file: 0, offsetBytes: sector * SECTOR, into, label: "flag" };
  return into[0];
}

function* fill(sector: number, value: number): Operation<void> {
  const bytes = new Uint8Array(SECTOR).fill(value);
  yield { kind: "write", file: 0, offsetBytes: sector * SECTOR, bytes, label: "sector" };
}

/** The guest's sector is the original; a copy that differs is a problem. */
export function twoCopies(clearsFlagFirst: boolean): Target<void> {
  const FLUSH = { kind: "flush", file: 0, scope: "data", label: "repaired" } as const;
  return {
    name: "two copies",
    dataLabels: new Set(),
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    postRecoveryWrites: [],
    beforeEachState() {},
    *recover() {
      if ((yield* readByte(FLAG)) === 0) return;
      if (clearsFlagFirst) yield* fill(FLAG, 0);
      yield* fill(COPY, yield* readByte(ORIGINAL));
      yield FLUSH;
      if (!clearsFlagFirst) yield* fill(FLAG, 0);
    },
    *inspect() {
      const isSame = (yield* readByte(ORIGINAL)) === (yield* readByte(COPY));
      return { problems: isSame ? [] : ["the copy differs"], leakedBytes: 0 };
    },
    *read(_, _offset, into) {
      into.fill(yield* readByte(ORIGINAL));
    },
    *write() {
      yield FLUSH;
    },
    refusal: () => undefined,
  };
}

/** The flag is set and durable, then original and copy are written. */
export function twoCopiesLog(): WriteLog {
  const recorder = new Recorder({ base: new Uint8Array(3 * SECTOR) });
  recorder.guestWrite(
    0,
    new Uint8Array(SECTOR).fill(7),
    (function* () {
      yield* fill(FLAG, 1);
      yield { kind: "flush", file: 0, scope: "data", label: "flag" };
      yield* fill(ORIGINAL, 7);
      yield* fill(COPY, 7);
    })(),
  );
  return recorder.log;
}

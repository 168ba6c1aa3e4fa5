/** A tiny format of tables that say which of them have to do with each other. */
import type { Operation } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Target } from "../target/target.ts";

const SECTOR = 512;
/** How many there are. */
export const TABLES = 4;
const TABLE_LABEL = "table";
/** The guest. */
export const GUEST = { guestBytes: TABLES * SECTOR };

/** What is wrong, given the first bytes of all tables. */
export type Fault = (firstBytes: readonly number[]) => readonly string[];

/** A format of sectors that claim what their second byte names; `fault` looks at all of them. */
export function independentTables(fault: Fault, leaks: Fault = () => []): Target<number[]> {
  return {
    name: "tables",
    dataLabels: new Set(),
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    postRecoveryWrites: [],
    independence: {
      labels: new Set([TABLE_LABEL]),
      placeOf: (offsetBytes) => -1 - offsetBytes / SECTOR,
      refersTo: (sector) => sector[1] === 0 ? [] : [sector[1]],
    },
    beforeEachState() {},
    *recover() {
      const firstBytes: number[] = [];
      for (let table = 0; table < TABLES; table++) {
        const into = new Uint8Array(SECTOR);
        yield { kind: "read", file: 0, offsetBytes: table * SECTOR, into, label: TABLE_LABEL };
        firstBytes.push(into[0]);
      }
      return firstBytes;
    },
    // deno-lint-ignore require-yield -- nothing of the file is looked at again
    *inspect(firstBytes) {
      return { problems: fault(firstBytes), leakedBytes: leaks(firstBytes).length };
    },
    // deno-lint-ignore require-yield -- a guest's disk of zeroes
    *read(_, _offset, into) {
      into.fill(0);
    },
    *write() {},
    refusal: () => undefined,
  };
}

/** Each table is written once: 1, and what it claims. */
export function logOf(claims: readonly number[]): WriteLog {
  const recorder = new Recorder({ base: new Uint8Array(TABLES * SECTOR) });
  recorder.run((function* (): Operation<void> {
    for (let table = 0; table < TABLES; table++) {
      const bytes = new Uint8Array(SECTOR);
      bytes.set([1, claims[table]]);
      yield { kind: "write", file: 0, offsetBytes: table * SECTOR, bytes, label: TABLE_LABEL };
    }
  })());
  return recorder.log;
}

/** Each claims something else. */
export const APART = logOf([1, 2, 3, 4]);

/** A fault that belies the claims: what all tables together bring about. */
export const ALL_TOGETHER: Fault = (bytes) =>
  bytes.every((byte) => byte === 1) ? ["all of them"] : [];

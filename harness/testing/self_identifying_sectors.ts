/** Sectors that name themselves, under faults: a correct driver, and one for each way to go wrong. */
import { assertGreater } from "@std/assert";
import { type Filter, type Operation, StorageError } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import { SECTORS } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import type { VerdictClass } from "../result/verdict_class.ts";
import { exploreBitRot } from "../faults/bit_rot.ts";
import { exploreFaults, type FaultRun } from "../faults/explore_faults.ts";
import { FAULTS } from "../faults/mod.ts";

const SECTOR = 512;
const SECTORS_OF_GUEST = 3;

/** How the driver of {@linkcode selfIdentifyingSectors} goes wrong. */
export type Defect =
  | "takes no notice of a failed write"
  | "takes no notice of a failed flush"
  | "flushes once more after a failed flush"
  | "takes no notice of a failed read"
  | "takes no notice of a full disk"
  | "takes half a read for all of it"
  | "takes half a write for all of it"
  | "trusts what it reads";

/** Guest sectors in a row, each with a byte at its end that says which one it is: 1, 2, 3. */
function selfIdentifyingSectors(defect?: Defect): Target<void> {
  return {
    name: "self-identifying sectors",
    dataLabels: new Set(),
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    postRecoveryWrites: [],
    beforeEachState() {},
    *recover() {},
    *inspect() {
      yield { kind: "size", file: 0 };
      return { problems: [], leakedBytes: 0 };
    },
    *read(_, offsetBytes, into) {
      for (let at = 0; at < into.length; at += SECTOR) {
        yield* readSlot((offsetBytes + at) / SECTOR, into.subarray(at, at + SECTOR), defect);
      }
    },
    *write(_, offsetBytes, bytes) {
      yield* perform({ kind: "write", file: 0, offsetBytes, bytes, label: "data" }, defect);
    },
    refusal(error) {
      if (error instanceof StorageError) return { subject: error.code, detail: error.message };
      if (error instanceof RangeError) return { subject: "checksum", detail: error.message };
      return undefined;
    },
  };
}

function* readSlot(slot: number, into: Uint8Array, defect?: Defect): Operation<void> {
  const offsetBytes = slot * SECTOR;
  yield* perform({ kind: "read", file: 0, offsetBytes, into, label: "data" }, defect);
  const isWritten = into.some((byte) => byte !== 0);
  const isOwn = into[SECTOR - 1] === slot + 1 && into.subarray(0, SECTOR - 1).every(isFirst);
  function isFirst(byte: number): boolean {
    return byte === into[0];
  }
  const trusts = defect === "trusts what it reads" || defect?.includes("read");
  if (isWritten && !isOwn && !trusts) {
    throw new RangeError(`slot ${slot} is not its own`);
  }
}

type Moving = Parameters<typeof perform>[0];

function* perform(
  request: { kind: "read" | "write"; file: 0; offsetBytes: number; label: string } & {
    into?: Uint8Array;
    bytes?: Uint8Array;
  },
  defect?: Defect,
): Operation<number> {
  try {
    return yield request as never;
  } catch (error) {
    const code = error instanceof StorageError ? error.code : "";
    const ignores = code === "ENOSPC"
      ? defect === "takes no notice of a full disk"
      : defect === `takes no notice of a failed ${request.kind}`;
    if (ignores) return lengthOf(request);
    throw error;
  }
}

function lengthOf({ into, bytes }: Moving): number {
  return (into ?? bytes)!.length;
}

/** Takes the first answer of faulty storage to requests of one kind for the whole. */
function impatient(kind: "read" | "write", fault: Filter): { filters: Filter[]; faults: Filter[] } {
  return {
    filters: [function* (request) {
      if (request.kind !== kind) return yield request;
      yield* fault(request);
      return lengthOf(request as never);
    }],
    faults: [function* (request) {
      return request.kind === kind ? yield request : yield* fault(request);
    }],
  };
}

function slotBytes(slot: number, value: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR).fill(value);
  bytes[SECTOR - 1] = slot + 1;
  return bytes;
}

function run(fault: Filter, defect?: Defect): FaultRun {
  const target = selfIdentifyingSectors(defect);
  const layers = defect?.startsWith("takes half")
    ? impatient(defect.includes("read") ? "read" : "write", fault)
    : { faults: [fault] };
  const recorder = new Recorder({ base: new Uint8Array(SECTOR), ...layers });
  let refusals = 0;
  const attempt = (act: () => void) => {
    try {
      act();
      return true;
    } catch (error) {
      if (!target.refusal(error)) throw error;
      refusals++;
      return false;
    }
  };
  const flush = () =>
    attempt(() =>
      recorder.guestFlush((function* () {
        const request = { kind: "flush", file: 0, scope: "data", label: "guest" } as const;
        try {
          yield request;
        } catch (error) {
          if (defect === "takes no notice of a failed flush") return;
          if (defect !== "flushes once more after a failed flush") throw error;
          yield request;
        }
      })())
    );
  for (const value of [10, 20]) {
    for (let slot = 0; slot < SECTORS_OF_GUEST; slot++) {
      const bytes = slotBytes(slot, value + slot);
      attempt(() =>
        recorder.guestWrite(slot * SECTOR, bytes, target.write(undefined, slot * SECTOR, bytes))
      );
    }
    if (!flush()) recorder.warnGuest();
  }
  // Read while the fault may still come.
  const all = new Uint8Array(SECTORS_OF_GUEST * SECTOR);
  const isRead = attempt(() => recorder.run(target.read(undefined, 0, all)));
  const read = (offsetBytes: number, lengthBytes: number) =>
    isRead ? all.subarray(offsetBytes, offsetBytes + lengthBytes) : undefined;
  const { log } = recorder;
  return { log, target, guestBytes: SECTORS_OF_GUEST * SECTOR, refusals, read };
}

/** The worst that comes of a fault, wherever it strikes. */
export function verdictOf(fault: string, defect?: Defect): VerdictClass {
  const result = exploreFaults((filter) => run(filter, defect), FAULTS[fault], { preset: SECTORS });
  assertGreater(result.points, 0, fault);
  return result.verdict;
}

/**
 * For each defect the faults that show it. Each fault shows a defect that no other one shows, but for
 * the two ways in which a write fails: the driver gets the same error.
 */
export const SHOWN_BY: Readonly<
  Record<Exclude<Defect, "trusts what it reads">, readonly string[]>
> = {
  "takes no notice of a failed write": ["write-fails", "write-fails-late"],
  "takes no notice of a failed flush": ["flush-fails"],
  "flushes once more after a failed flush": ["flush-fails"],
  "takes no notice of a failed read": ["read-fails"],
  "takes no notice of a full disk": ["growth-fails"],
  "takes half a read for all of it": ["short-read"],
  "takes half a write for all of it": ["short-write"],
};

/** The faults that the driver can see, or gets an error for. */
export const TOLD = Object.keys(FAULTS).filter((name) => name !== "misdirected-write");

/** What comes of rotten bits of a finished file: how many are silent, how many detected. */
export function bitRot(defect?: Defect) {
  const { log, target, guestBytes } = run(passing, defect);
  return exploreBitRot({ log, target, guestBytes }, { partOf: () => "slots", stride: 7 })[0];
}

const passing: Filter = function* (request) {
  return yield request;
};

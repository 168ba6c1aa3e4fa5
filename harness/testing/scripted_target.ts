/**
 * A target that is no format at all: what it does to the file when it recovers, and where it finds
 * the guest's sectors, is a script made up by a generator. It reads and writes without sense, in
 * every way that a real one may, and so disagrees with an explorer that takes a wrong short cut.
 */
import type { Operation, SyncStorage } from "../../lib/storage/mod.ts";
import type { GuestRange, Inspection, Refusal, Target } from "../target/target.ts";

const SECTOR = 512;

/** Where a guest sector is. */
export type Place =
  | { readonly kind: "zeroes" }
  /** A sector of the file, passed on unseen. */
  | { readonly kind: "file"; readonly sector: number }
  /** The same, refused where the file ends before it. */
  | { readonly kind: "inside-file"; readonly sector: number }
  /** A sector of the file that the target looks at on the way. */
  | { readonly kind: "looked-at"; readonly sector: number }
  /** 512 bytes that start anywhere in the file. */
  | { readonly kind: "unaligned"; readonly offsetBytes: number }
  /** A sector of the other file. */
  | { readonly kind: "other-file"; readonly sector: number }
  | { readonly kind: "refused" };

/** Something that recovery, or a write, does. `sector` is looked at by its first byte. */
export type ScriptStep =
  | {
    readonly kind: "skip-if";
    readonly sector: number;
    readonly modulo: number;
    readonly count: number;
  }
  | {
    readonly kind: "map";
    readonly guest: number;
    readonly sector: number;
    readonly places: readonly Place[];
  }
  | { readonly kind: "copy"; readonly from: number; readonly to: number }
  /** Move what a guest sector holds to another place. */
  | { readonly kind: "move"; readonly guest: number; readonly to: number }
  | {
    readonly kind: "patch";
    readonly offsetBytes: number;
    readonly lengthBytes: number;
    readonly value: number;
  }
  | { readonly kind: "resize"; readonly sizeBytes: number }
  | { readonly kind: "discard"; readonly offsetBytes: number; readonly lengthBytes: number }
  | { readonly kind: "refuse-if"; readonly sector: number; readonly modulo: number }
  | { readonly kind: "problem-if"; readonly sector: number; readonly modulo: number }
  | { readonly kind: "remember-size" };

/** What a {@linkcode scriptedTarget} does. */
export interface Script {
  /** Where the guest's sectors are before recovery decides otherwise. */
  readonly places: readonly Place[];
  /** Done at recovery. */
  readonly recovery: readonly ScriptStep[];
  /** Done before each write. */
  readonly writing: readonly ScriptStep[];
  /** Whether a range is read from its last sector to its first. */
  readonly readsBackwards: boolean;
  /** Sectors of the file, counted from its start, that are never a leak. */
  readonly sectorsInUse: number;
  /** Guest sectors to write after recovery, each with how many. */
  readonly postRecoveryWrites: readonly { readonly sector: number; readonly count: number }[];
  /** Bytes of the unit of allocation. */
  readonly allocationUnitBytes: number;
  /** Whether the target tells the explorer what its sessions remember. */
  readonly hasFingerprint: boolean;
}

/** What recovery remembers. */
export interface ScriptedSession {
  readonly places: Place[];
  readonly problems: string[];
  sizeBytes: number;
}

class Refused extends Error {}

/** A {@linkcode Target} that follows `script`; `otherFile` is its second file. */
export function scriptedTarget(script: Script, otherFile: SyncStorage): Target<ScriptedSession> {
  const postRecoveryWrites: GuestRange[] = script.postRecoveryWrites.map(({ sector, count }) => ({
    offsetBytes: sector * SECTOR,
    lengthBytes: count * SECTOR,
  }));
  return {
    name: "scripted",
    dataLabels: new Set(["data"]),
    allocationUnitBytes: script.allocationUnitBytes,
    otherFiles: [otherFile],
    postRecoveryWrites,
    beforeEachState() {},
    *recover() {
      const session = { places: [...script.places], problems: [], sizeBytes: -1 };
      yield* follow(script.recovery, session);
      return session;
    },
    *inspect(session): Operation<Inspection> {
      const sizeBytes = yield { kind: "size", file: 0 };
      const leakedBytes = Math.max(0, sizeBytes - script.sectorsInUse * SECTOR);
      return { problems: session.problems, leakedBytes };
    },
    *read(session, offsetBytes, into) {
      const first = offsetBytes / SECTOR;
      const count = into.length / SECTOR;
      for (let i = 0; i < count; i++) {
        const which = script.readsBackwards ? count - 1 - i : i;
        const piece = into.subarray(which * SECTOR, (which + 1) * SECTOR);
        yield* readPlace(session.places[first + which], piece);
      }
    },
    *write(session, offsetBytes, bytes) {
      yield* follow(script.writing, session);
      for (let at = 0; at < bytes.length; at += SECTOR) {
        const guest = (offsetBytes + at) / SECTOR;
        yield* writePlace(session, guest, bytes.subarray(at, at + SECTOR));
      }
    },
    ...(script.hasFingerprint && {
      fingerprint: (session: ScriptedSession) => JSON.stringify(session),
    }),
    refusal(error): Refusal | undefined {
      if (!(error instanceof Refused)) return undefined;
      return { subject: error.message, detail: error.message };
    },
  };
}

function* readPlace(place: Place, into: Uint8Array): Operation<void> {
  const read = (offsetBytes: number, file: number, label: string, bytes: Uint8Array) =>
    ({ kind: "read", file, offsetBytes, into: bytes, label }) as const;
  let moved = 0;
  switch (place.kind) {
    case "zeroes":
      break;
    case "file":
    case "inside-file":
      moved = yield read(place.sector * SECTOR, 0, "data", into);
      if (place.kind === "file" || moved === SECTOR) break;
      throw new Refused("a place past the end of the file");
    case "looked-at": {
      const seen = new Uint8Array(SECTOR);
      moved = yield read(place.sector * SECTOR, 0, "table", seen);
      into.set(seen);
      break;
    }
    case "unaligned":
      moved = yield read(place.offsetBytes, 0, "data", into);
      break;
    case "other-file":
      moved = yield read(place.sector * SECTOR, 1, "data", into);
      break;
    case "refused":
      throw new Refused("a place that is refused");
  }
  into.fill(0, moved);
}

/** Write a guest sector in place, or at the end of the file if it has no place of its own. */
function* writePlace(
  session: ScriptedSession,
  guest: number,
  bytes: Uint8Array,
): Operation<void> {
  const place = session.places[guest];
  let sector: number;
  if (place.kind === "file" || place.kind === "looked-at") sector = place.sector;
  else {
    if (place.kind === "refused") throw new Refused("a write to a place that is refused");
    sector = Math.ceil((yield { kind: "size", file: 0 }) / SECTOR);
    session.places[guest] = { kind: "file", sector };
  }
  yield { kind: "write", file: 0, offsetBytes: sector * SECTOR, bytes, label: "data" };
}

function* follow(steps: readonly ScriptStep[], session: ScriptedSession): Operation<void> {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step.kind === "skip-if") {
      if ((yield* firstByte(step.sector)) % step.modulo === 0) i += step.count;
    } else yield* perform(step, session);
  }
}

function* perform(step: ScriptStep, session: ScriptedSession): Operation<void> {
  switch (step.kind) {
    case "map": {
      const { places } = step;
      session.places[step.guest] = places[(yield* firstByte(step.sector)) % places.length];
      break;
    }
    case "copy":
      yield* writeSector(step.to, yield* readSector(step.from));
      break;
    case "move": {
      const bytes = new Uint8Array(SECTOR);
      yield* readPlace(session.places[step.guest], bytes);
      yield* writeSector(step.to, bytes);
      session.places[step.guest] = { kind: "file", sector: step.to };
      break;
    }
    case "patch": {
      const bytes = new Uint8Array(step.lengthBytes).fill(step.value);
      yield { kind: "write", file: 0, offsetBytes: step.offsetBytes, bytes, label: "patch" };
      break;
    }
    case "resize":
      yield { kind: "resize", file: 0, sizeBytes: step.sizeBytes, label: "resize" };
      break;
    case "discard": {
      const { offsetBytes, lengthBytes } = step;
      yield { kind: "discard", file: 0, offsetBytes, lengthBytes, label: "discard" };
      break;
    }
    case "refuse-if":
      if ((yield* firstByte(step.sector)) % step.modulo !== 1) break;
      throw new Refused(`sector ${step.sector} is refused`);
    case "problem-if":
      if ((yield* firstByte(step.sector)) % step.modulo === 1) {
        session.problems.push(`sector ${step.sector} is a problem`);
      }
      break;
    case "remember-size":
      session.sizeBytes = yield { kind: "size", file: 0 };
      break;
  }
}

function* readSector(sector: number): Operation<Uint8Array> {
  const into = new Uint8Array(SECTOR);
  yield { kind: "read", file: 0, offsetBytes: sector * SECTOR, into, label: "table" };
  return into;
}

function* firstByte(sector: number): Operation<number> {
  return (yield* readSector(sector))[0];
}

function* writeSector(sector: number, bytes: Uint8Array): Operation<void> {
  yield { kind: "write", file: 0, offsetBytes: sector * SECTOR, bytes, label: "table" };
}

/** Small explorations with known outcomes: one target, one base, and what differs. */
import { MemoryStorage } from "../../lib/storage/mod.ts";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { type Preset, SECTORS } from "../model/presets.ts";
import { assertEnginesAgree, keysOf } from "../testing/engine_agreement.ts";
import { type Place, type Script, scriptedTarget } from "../testing/scripted_target.ts";

/** A sector of the file. */
export const file = (sector: number): Place => ({ kind: "file", sector });
/** The second file of every case. */
export const OTHER_FILE = new MemoryStorage(sectorsOf(1, 2, 3, 4));

/** Three sectors of metadata, then three guest sectors. */
export const BASE = sectorsOf(0, 0, 0, 21, 22, 23);
/** What the guest's disk holds. */
export const GUEST = sectorsOf(21, 22, 23);
/** Guest sectors in place, nothing to recover, one write afterwards. */
export const PLAIN: Script = {
  places: [file(3), file(4), file(5)],
  recovery: [],
  writing: [],
  readsBackwards: false,
  sectorsInUse: 6,
  postRecoveryWrites: [{ sector: 2, count: 1 }],
  allocationUnitBytes: SECTOR,
  hasFingerprint: false,
};

/** What differs from {@linkcode PLAIN} on {@linkcode BASE}. */
export interface Case {
  readonly script?: Partial<Script>;
  readonly log?: (builder: LogBuilder) => void;
  readonly preset?: Preset;
  readonly base?: Uint8Array;
}

/** Explore a case with both engines, which must agree. */
export function explore({ script = {}, log = () => {}, preset = SECTORS, base = BASE }: Case) {
  const builder = new LogBuilder();
  log(builder);
  return assertEnginesAgree({
    log: builder.log(base, GUEST),
    target: scriptedTarget({ ...PLAIN, ...script }, OTHER_FILE),
    preset,
    guestBytes: GUEST.length,
  });
}

/** The keys of the violations of a case, sorted. */
export function keys(each: Case): string[] {
  return keysOf(explore(each).lazy);
}

/** Metadata sector `sector` becomes 1. */
export const mark = (sector: number) => (builder: LogBuilder) =>
  builder.write(sector * SECTOR, filled(1));
/** The guest writes sector 0 in place. */
export function guestWrites(builder: LogBuilder): void {
  const id = builder.beginGuestWrite(0, filled(31));
  builder.write(3 * SECTOR, filled(31));
  builder.acknowledge(id);
}

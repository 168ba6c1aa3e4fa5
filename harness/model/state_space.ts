import type { Contents } from "./contents.ts";
import { SECTOR_BYTES } from "./contents.ts";
import { PAGE_SECTORS } from "./durable_image.ts";
import type { Epoch, PendingWrite, SizeVersion } from "./epoch.ts";
import type { Preset } from "./presets.ts";
import { putInto } from "./put_into.ts";
import { countTears, type TornVersion, tornVersions } from "./tears.ts";

/** One thing that may have reached the disk in one of several versions, independent of others. */
export interface Unit {
  /** The sector, block or issuing event that it is; the same in every account of a crash. */
  readonly key: number;
  /** The places in {@linkcode StateSpace.sectors} of its sectors (for units of fixed size). */
  readonly places: readonly number[];
  /** The events of all its versions, also of those equal to an earlier one. */
  readonly versionEvents: readonly number[];
  /** For each of {@linkcode Unit.versionEvents}, how often it can be torn with one before it. */
  readonly tearCounts: readonly number[];
  /** Options: 0 is the durable version, option k the k-th different version. */
  readonly optionCount: number;
  /** For each option the event since which it is possible; -1 for the durable version. */
  readonly events: readonly number[];
  /** For each option its write's place in {@linkcode Epoch.writes}; -1 for the durable version. */
  readonly ordinals: readonly number[];
  /** Options after these, if no other unit is torn: two versions in one sector. */
  readonly torn: readonly TornVersion[];
}

/** A write that may be in flight when the power fails, and may then corrupt its neighbourhood. */
export interface CorruptingWrite {
  /** The event that issued it. */
  readonly event: number;
  /** The event that completed it: a crash after it can't be one that corrupts. Infinity if none did. */
  readonly completedAt: number;
}

/** The version that one write left in one sector. */
export interface SectorWrite {
  /** The write's place in {@linkcode Epoch.writes}. */
  readonly ordinal: number;
  /** The sector as a reader saw it after this write and all before it. */
  readonly content: number;
}

/** A sector of the file that some pending write touches. */
export interface PendingSector {
  /** Which sector of the file. */
  readonly sector: number;
  /** Its durable contents. */
  readonly durable: number;
  /** The units that decide it: one, or under `writes` one for each write, as `writes` below. */
  readonly units: readonly number[];
  /** The versions written to it, in order; none for sectors that can only be corrupted. */
  readonly writes: readonly SectorWrite[];
  /** The places in {@linkcode StateSpace.corruptions} of the writes that may corrupt it. */
  readonly corruptions: readonly number[];
}

/** All the states that a crash in an epoch can leave, as independent units. */
export interface StateSpace {
  /** The epoch. */
  readonly epoch: Epoch;
  /** The preset. */
  readonly preset: Preset;
  /** The units that vary; the size varies as well. */
  readonly units: readonly Unit[];
  /** The sectors that vary. */
  readonly sectors: readonly PendingSector[];
  /** The sizes to choose from; one only, where the size follows from a unit. */
  readonly sizes: readonly SizeVersion[];
  /** Under `ordered`, the unit that the size follows from. */
  readonly sizeUnit: number | undefined;
  /** The writes that may corrupt their neighbourhood; at most one of them does. */
  readonly corruptions: readonly CorruptingWrite[];
}

/** Lay out the state space of `epoch` under `preset`. */
export function stateSpaceOf(epoch: Epoch, preset: Preset, contents: Contents): StateSpace {
  const touched = sectorsTouched(epoch, contents);
  const { units, sectors } = typeof preset.unit === "number"
    ? blockUnits(epoch, touched, preset.unit / SECTOR_BYTES)
    : writeUnits(epoch, touched, preset.ordered);
  const corruptions = preset.corruptionBytes > 0 ? corruptionsOf(epoch) : [];
  return {
    epoch,
    preset,
    units: preset.tears ? units.map((unit) => withTears(unit, epoch, sectors, contents)) : units,
    sectors: preset.corruptionBytes > 0
      ? withCorruptions(sectors, epoch, corruptions, preset.corruptionBytes)
      : sectors,
    corruptions: corruptions.map(({ event, completedAt }) => ({ event, completedAt })),
    sizes: preset.ordered ? epoch.sizes.slice(0, 1) : distinctSizes(epoch.sizes),
    sizeUnit: preset.ordered ? 0 : undefined,
  };
}

type Layout = Pick<StateSpace, "units" | "sectors">;

/** Each write is a unit; or all are one, of which a prefix persists. */
function writeUnits(
  epoch: Epoch,
  touched: ReadonlyMap<number, SectorWrite[]>,
  ordered: boolean,
): Layout {
  const ordinals = epoch.writes.map((_, ordinal) => ordinal);
  const units = ordered
    ? [unitOf(epoch, 0, ordinals)]
    : ordinals.map((ordinal) => unitOf(epoch, epoch.writes[ordinal].event, [ordinal]));
  const sectors = [...touched].map(([sector, writes]) => ({
    sector,
    durable: epoch.durable.idOf(sector),
    units: ordered ? [0] : writes.map((write) => write.ordinal),
    writes,
    corruptions: [],
  }));
  return { units, sectors };
}

/** Each block of `sectorsPerUnit` sectors that a write touches is a unit. */
function blockUnits(
  epoch: Epoch,
  touched: ReadonlyMap<number, SectorWrite[]>,
  sectorsPerUnit: number,
): Layout {
  const blocks = new Map<number, PendingSector[]>();
  for (const [sector, writes] of touched) {
    const index = Math.floor(sector / sectorsPerUnit);
    const block = blocks.get(index) ?? [];
    // A block's unit is numbered in the order in which the blocks turn up.
    const unit = block.length > 0 ? block[0].units[0] : blocks.size;
    blocks.set(index, block);
    block.push({
      sector,
      durable: epoch.durable.idOf(sector),
      units: [unit],
      writes,
      corruptions: [],
    });
  }
  const units: Unit[] = [];
  const sectors: PendingSector[] = [];
  for (const [index, block] of blocks) {
    const written = new Set(block.flatMap(({ writes }) => writes.map((write) => write.ordinal)));
    const ordinals = [...written].sort((a, b) => a - b);
    const places = block.map((pending) => sectors.push(pending) - 1);
    units.push({ ...unitOf(epoch, index, ordinals, withoutRepeats(block, ordinals)), places });
  }
  return { units, sectors };
}

/** A unit that the writes `ordinals` touch; `different` are those with a version of their own. */
function unitOf(
  epoch: Epoch,
  key: number,
  ordinals: readonly number[],
  different: readonly number[] = ordinals,
): Unit {
  return {
    key,
    places: [],
    versionEvents: [-1, ...ordinals.map((ordinal) => epoch.writes[ordinal].event)],
    optionCount: different.length + 1,
    events: [-1, ...different.map((ordinal) => epoch.writes[ordinal].event)],
    ordinals: [-1, ...different],
    tearCounts: [],
    torn: [],
  };
}

/** A unit of one sector with the ways in which it can be torn. */
function withTears(
  unit: Unit,
  epoch: Epoch,
  sectors: readonly PendingSector[],
  contents: Contents,
): Unit {
  const { durable, writes } = sectors[unit.places[0]];
  const versions = [
    { content: durable, event: -1 },
    ...writes.map(({ content, ordinal }) => ({ content, event: epoch.writes[ordinal].event })),
  ];
  const tearCounts = versions.map((newer, place) =>
    versions.slice(0, place)
      .reduce((sum, older) => sum + countTears(older.content, newer.content, contents), 0)
  );
  return { ...unit, tearCounts, torn: tornVersions(versions, contents) };
}

/** The writes of an epoch that are in flight at one of its crash points. */
function corruptionsOf(epoch: Epoch): readonly PendingWrite[] {
  return epoch.writes.filter(({ completedAt, event, lengthBytes }) =>
    lengthBytes > 0 && completedAt > Math.max(event, epoch.firstEvent)
  );
}

/** The sectors with the writes that may corrupt them, and all others that these may corrupt too. */
function withCorruptions(
  sectors: readonly PendingSector[],
  epoch: Epoch,
  corruptions: readonly PendingWrite[],
  corruptionBytes: number,
): PendingSector[] {
  const corruptedBy = new Map<number, number[]>();
  corruptions.forEach(({ offsetBytes, lengthBytes }, place) => {
    const { firstSector, endSector } = neighbourhoodOf(offsetBytes, lengthBytes, corruptionBytes);
    for (let sector = firstSector; sector < endSector; sector++) {
      corruptedBy.set(sector, [...(corruptedBy.get(sector) ?? []), place]);
    }
  });
  const all = sectors.map((each) => ({ ...each, corruptions: corruptedBy.get(each.sector) ?? [] }));
  for (const { sector } of sectors) corruptedBy.delete(sector);
  const beside = [...corruptedBy].map(([sector, places]) => ({
    sector,
    durable: epoch.durable.idOf(sector),
    units: [],
    writes: [],
    corruptions: places,
  }));
  return [...all, ...beside];
}

/** The sectors of the aligned blocks of `corruptionBytes` bytes that a range touches. */
function neighbourhoodOf(
  offsetBytes: number,
  lengthBytes: number,
  corruptionBytes: number,
): { firstSector: number; endSector: number } {
  const perBlock = corruptionBytes / SECTOR_BYTES;
  return {
    firstSector: Math.floor(offsetBytes / corruptionBytes) * perBlock,
    endSector: Math.ceil((offsetBytes + lengthBytes) / corruptionBytes) * perBlock,
  };
}

/**
 * The writes that give a block new contents: an equal earlier version stands for a later one, since
 * it can be there sooner.
 */
function withoutRepeats(
  block: readonly PendingSector[],
  ordinals: readonly number[],
): readonly number[] {
  const contentsAfter = (ordinal: number) =>
    block.map(({ writes, durable }) =>
      writes.findLast((write) => write.ordinal <= ordinal)?.content ?? durable
    ).join();
  const seen = new Set([contentsAfter(-1)]);
  return ordinals.filter((ordinal) => {
    const contents = contentsAfter(ordinal);
    return !seen.has(contents) && seen.add(contents);
  });
}

/** For each sector that a pending write touches, the versions that the writes left there. */
function sectorsTouched(epoch: Epoch, contents: Contents): Map<number, SectorWrite[]> {
  const touched = new Map<number, SectorWrite[]>();
  const scratch = new Uint8Array(SECTOR_BYTES);
  epoch.writes.forEach((write, ordinal) => {
    if (write.lengthBytes === 0) return;
    const end = write.offsetBytes + write.lengthBytes;
    const first = Math.floor(write.offsetBytes / SECTOR_BYTES);
    for (let sector = first; sector * SECTOR_BYTES < end; sector++) {
      const before = touched.get(sector);
      const newest = before ? before[before.length - 1].content : epoch.durable.idOf(sector);
      contents.copyTo(newest, scratch);
      putInto(scratch, sector * SECTOR_BYTES, write);
      const sectorWrite = { ordinal, content: contents.idOf(scratch) };
      if (before) before.push(sectorWrite);
      else touched.set(sector, [sectorWrite]);
    }
  });
  return touched;
}

/** Each size once, since its earliest event. */
function distinctSizes(sizes: readonly SizeVersion[]): SizeVersion[] {
  const bySize = new Map<number, SizeVersion>();
  for (const size of sizes) if (!bySize.has(size.sizeBytes)) bySize.set(size.sizeBytes, size);
  return [...bySize.values()];
}

/** Which of the image's pages have pending sectors: a table from sector to its place here. */
export function indexPages(space: StateSpace): Map<number, Int32Array> {
  const byPage = new Map<number, Int32Array>();
  space.sectors.forEach((pending, place) => {
    const page = Math.floor(pending.sector / PAGE_SECTORS);
    let places = byPage.get(page);
    if (!places) byPage.set(page, places = new Int32Array(PAGE_SECTORS).fill(-1));
    places[pending.sector % PAGE_SECTORS] = place;
  });
  return byPage;
}

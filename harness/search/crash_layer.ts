import { SECTOR_BYTES } from "../model/contents.ts";
import type { Preset } from "../model/presets.ts";
import type { UnitVersion } from "../model/unit_version.ts";
import type { NestedCrash } from "../model/persisted.ts";
import type { RecoveryEpoch, RecoveryWrite } from "./recovery_log.ts";

/** Asks for a choice: a number below the one given. */
export type Choose = (optionCount: number) => number;

/**
 * The result of a crash during recovery: each unit that the recovery wrote holds its earlier
 * contents, or any version since, decided on demand.
 */
export class CrashLayer {
  /** Sectors overlaid by this stamp or a later one are not the layer's any more. */
  readonly stamp: number;
  readonly #epoch: RecoveryEpoch;
  readonly #preset: Preset;
  readonly #choose: Choose;
  /** For each sector the writes that touch it, in order. */
  readonly #writes = new Map<number, RecoveryWrite[]>();
  /** For each unit the writes that touch it, in order. */
  readonly #unitWrites = new Map<number, RecoveryWrite[]>();
  /** The decision for each unit. */
  readonly #versions = new Map<number, UnitVersion>();
  #isTorn = false;
  #sizeBytes: number | undefined;

  /** A layer in which nothing is decided but the size of the file, if that was open. */
  constructor(
    epoch: RecoveryEpoch,
    preset: Preset,
    { stamp, choose, sizeBytes, prefixEvent }: {
      readonly stamp: number;
      readonly choose: Choose;
      /** The size that persisted; undefined where it follows, or was not touched. */
      readonly sizeBytes: number | undefined;
      /** Where writes persist in order: the last one that did. */
      readonly prefixEvent: number | undefined;
    },
  ) {
    if (prefixEvent !== undefined) this.#versions.set(0, { event: prefixEvent });
    this.stamp = stamp;
    this.#epoch = epoch;
    this.#preset = preset;
    this.#choose = choose;
    this.#sizeBytes = sizeBytes;
    for (const write of epoch.pending) this.#index(write);
  }

  #index(write: RecoveryWrite): void {
    if (this.#preset.unit === "write") this.#unitWrites.set(write.event, [write]);
    const endBytes = write.offsetBytes + write.lengthBytes;
    let sector = Math.floor(write.offsetBytes / SECTOR_BYTES);
    for (; write.lengthBytes > 0 && sector * SECTOR_BYTES < endBytes; sector++) {
      push(this.#writes, sector, write);
      const key = this.#keyOf(sector);
      if (key !== undefined && this.#unitWrites.get(key)?.at(-1) !== write) {
        push(this.#unitWrites, key, write);
      }
    }
  }

  /** The sectors that the recovery had written. */
  get sectors(): Iterable<number> {
    return this.#writes.keys();
  }

  /** Whether the recovery had written to a sector. */
  has(sector: number): boolean {
    return this.#writes.has(sector);
  }

  /** Whether everything about a sector was decided. */
  isDecided(sector: number): boolean {
    const key = this.#keyOf(sector);
    if (key !== undefined) return this.#versions.has(key);
    return this.#writes.get(sector)!.every(({ event }) => this.#versions.has(event));
  }

  /** The writes to a sector, in order; none means its earlier contents. */
  decide(sector: number): readonly RecoveryWrite[] {
    const writes = this.#writes.get(sector)!;
    const key = this.#keyOf(sector);
    const last = key === undefined ? this.#newestThere(writes) : this.#versionOf(key).event;
    return writes.filter(({ event }) => event <= last);
  }

  /**
   * The same where sectors tear: `versions` are the events of all versions and `torn` their torn
   * combinations. Returns one of either.
   */
  decideTorn<Torn extends UnitVersion>(
    sector: number,
    versions: readonly UnitVersion[],
    torn: readonly Torn[],
  ): UnitVersion | Torn {
    const options = this.#isTorn ? versions : [...versions, ...torn];
    const known = this.#versions.get(sector);
    if (known) return known;
    const version = options[options.length === 1 ? 0 : this.#choose(options.length)];
    this.#versions.set(sector, version);
    this.#isTorn ||= version.tear !== undefined;
    return version;
  }

  /** All writes to a sector. */
  writesTo(sector: number): readonly RecoveryWrite[] {
    return this.#writes.get(sector) ?? [];
  }

  /** The decisions, in the events of the recovery's log. */
  describe(): NestedCrash {
    const byUnit = new Map([...this.#versions].filter(([, { event }]) => event >= 0));
    const persisted = { byUnit, sizeBytes: this.#sizeBytes };
    return { afterEvent: this.#epoch.lastEvent, persisted };
  }

  /** The unit of a sector; undefined where each write is one. */
  #keyOf(sector: number): number | undefined {
    const { unit } = this.#preset;
    return unit === "write" ? undefined : Math.floor(sector * SECTOR_BYTES / unit);
  }

  #versionOf(key: number): UnitVersion {
    const known = this.#versions.get(key);
    if (known) return known;
    const writes = this.#unitWrites.get(key)!;
    const option = this.#choose(writes.length + 1);
    const version = { event: option === 0 ? -1 : writes[option - 1].event };
    this.#versions.set(key, version);
    return version;
  }

  /** Where each write is a unit: the newest one that is there. */
  #newestThere(writes: readonly RecoveryWrite[]): number {
    return writes.findLast(({ event }) => this.#versionOf(event).event >= 0)?.event ?? -1;
  }
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/**
 * One crash point, worked out the plain way: bytes, no sharing, no cleverness. The brute-force
 * engine is made of these, and every violation that another engine reports is built again here,
 * as a concrete file, and must show itself there too. For that to be evidence, nothing is shared
 * with the lazy engine but the choice source, the target and the names of violations.
 *
 * @module
 */
import type { WriteLog } from "../log/write_log.ts";
import { PagedStorage } from "../model/paged_storage.ts";
import type { Preset } from "../model/presets.ts";
import { corruptedSector, type Corruption, CORRUPTION_FILLS } from "../model/corruption.ts";
import type { Persisted } from "../model/persisted.ts";
import { isSameVersion, type UnitVersion } from "../model/unit_version.ts";
import { type Choices, ExhaustiveChoices } from "../choices/choices.ts";
import { applyWrite, type DiskReplay } from "./disk_replay.ts";
import type { GuestReplay } from "./guest_replay.ts";
import { keysOf, placesToTear, type PointUnit, wholeUnit } from "./point_units.ts";
import { Replay } from "./replay.ts";

/**
 * All that a crash after one event can leave.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, Recorder, SECTORS, RecordedChoices } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   for (const offsetBytes of [0, 512]) {
 *     const bytes = new Uint8Array(512).fill(1);
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   }
 * })());
 * const point = new CrashPoint(recorder.log, SECTORS, recorder.log.events.length - 1);
 * assertEquals(point.stateCount, 4n); // two sectors, each old or new
 * assertEquals(point.build(new RecordedChoices([0, 1])).sizeBytes, 1024);
 * ```
 */
export class CrashPoint {
  readonly #preset: Preset;
  readonly #baseBytes: number;
  /** The crash comes after this event. */
  readonly event: number;
  readonly #disk: DiskReplay;
  /** The permitted contents of guest sectors. */
  readonly guest: GuestReplay;
  /** The units that vary, in a fixed order: the order of the choice sequence. */
  readonly units: readonly PointUnit[];

  /**
   * Work out the crash after event `event` of `log` (-1: before any); from `replay`, if given, which has
   * got there and does not move on.
   */
  constructor(
    log: WriteLog,
    preset: Preset,
    event: number,
    replay: Replay = new Replay(log, preset).advanceTo(event),
  ) {
    this.#baseBytes = log.base.sizeBytes;
    this.#preset = preset;
    this.event = event;
    this.#disk = replay.disk;
    this.guest = replay.guest;
    this.units = this.#unitsOf();
  }

  /** The sizes that may have persisted, in a fixed order; one only where it follows otherwise. */
  get sizes(): readonly number[] {
    if (this.#preset.ordered) return [this.#disk.sizes[0].sizeBytes];
    return [...new Set(this.#disk.sizes.map((size) => size.sizeBytes))];
  }

  /** The size that is durable, in bytes. */
  get durableSizeBytes(): number {
    return this.#disk.sizes[0].sizeBytes;
  }

  /** The largest size that may have persisted, in bytes. */
  get largestSizeBytes(): number {
    return Math.max(...this.#disk.sizes.map((size) => size.sizeBytes));
  }

  /** How much larger than at first the file had become at most, in bytes. */
  get maxGrownBytes(): number {
    return Math.max(0, this.#disk.maxBytes - this.#baseBytes);
  }

  /** Each of the states, as the versions that persisted. */
  *states(): Generator<Persisted> {
    const choices = new ExhaustiveChoices();
    do yield this.describe(choices); while (choices.advance());
  }

  /** The events of the pending writes. */
  get pendingEvents(): ReadonlySet<number> {
    return new Set(this.#disk.pending.map((write) => write.at));
  }

  /** The number of pending writes. */
  get pendingCount(): number {
    return this.#disk.pending.length;
  }

  /** How many states there are: of all units at most one is torn, and at most one write corrupts. */
  get stateCount(): bigint {
    let whole = 1n;
    let torn = 0n;
    for (const { versions, wholeCount } of this.units) {
      torn = torn * BigInt(wholeCount) + whole * BigInt(versions.length - wholeCount);
      whole *= BigInt(wholeCount);
    }
    return (whole + torn) * BigInt(this.sizes.length) * BigInt(this.#corruptions.length);
  }

  /** Build the file that the choices lead to. */
  build(choices: Choices): PagedStorage {
    const persisted = this.describe(choices);
    return this.#materialize(persisted.byUnit, persisted.sizeBytes!, persisted.corruption);
  }

  /** How many choices a choice sequence for this crash point has. */
  get choiceCount(): number {
    const open = this.units.filter((unit) => unit.versions.length > 1).length;
    return open + (this.sizes.length > 1 ? 1 : 0) + (this.#corruptions.length > 1 ? 1 : 0);
  }

  /** The choice sequence that makes {@linkcode build} choose `persisted`; units not named stay durable. */
  choicesFor(persisted: Persisted): number[] {
    const choices: number[] = [];
    for (const { key, versions } of this.units) {
      if (versions.length === 1) continue;
      const wanted = persisted.byUnit.get(key) ?? versions[0];
      const option = versions.findIndex((version) => isSameVersion(version, wanted));
      if (option < 0) throw new Error(`crash point: no such version of unit ${key}`);
      choices.push(option);
    }
    const { sizes } = this;
    if (sizes.length > 1) {
      const option = persisted.sizeBytes === undefined ? 0 : sizes.indexOf(persisted.sizeBytes);
      if (option < 0) throw new Error(`crash point: no such size ${persisted.sizeBytes}`);
      choices.push(option);
    }
    if (this.#corruptions.length > 1) {
      const { corruption } = persisted;
      const option = this.#corruptions.findIndex((each) =>
        each?.event === corruption?.event && each?.fill === corruption?.fill
      );
      if (option < 0) throw new Error(`crash point: event ${corruption?.event} is not in flight`);
      choices.push(option);
    }
    return choices;
  }

  /**
   * The meaning of a choice sequence: the versions that reached the disk, the size, and the
   * corruption.
   */
  describe(choices: Choices): Persisted {
    const pick = (count: number) => count === 1 ? 0 : choices.choose(count);
    const byUnit = new Map<number, UnitVersion>();
    let isTorn = false;
    for (const { key, versions, wholeCount } of this.units) {
      const option = pick(isTorn ? wholeCount : versions.length);
      if (option > 0) byUnit.set(key, versions[option]);
      isTorn ||= option >= wholeCount;
    }
    const sizeBytes = this.sizes[pick(this.sizes.length)];
    const corruption = this.#corruptions[pick(this.#corruptions.length)];
    return { byUnit, sizeBytes, ...(corruption && { corruption }) };
  }

  /** The same versions write by write: under `ordered` one version stands for a whole prefix. */
  spelledOut(byUnit: Persisted["byUnit"]): Persisted["byUnit"] {
    if (!this.#preset.ordered) return byUnit;
    const last = byUnit.get(0)?.event ?? -1;
    const prefix = this.#disk.pending.filter((write) => write.at <= last);
    return new Map(prefix.map(({ at }) => [at, { event: at }]));
  }

  /** The writes that may have corrupted something, with the contents left there; none first. */
  get #corruptions(): readonly (Corruption | undefined)[] {
    const inFlight = this.#preset.corruptionBytes === 0
      ? []
      : this.#disk.pending.filter((write) =>
        write.lengthBytes > 0 && write.id >= 0 && this.#disk.isInFlight(write.id)
      );
    return [
      undefined,
      ...inFlight.flatMap(({ at }) => CORRUPTION_FILLS.map((fill) => ({ event: at, fill }))),
    ];
  }

  #unitsOf(): PointUnit[] {
    const { unit, ordered, tears } = this.#preset;
    const ats = this.#disk.pending.map((write) => write.at);
    if (ordered) return [wholeUnit(0, ats)];
    if (unit === "write") return ats.map((at) => wholeUnit(at, [at]));
    const byKey = new Map<number, number[]>();
    for (const write of this.#disk.pending) {
      for (const key of keysOf(write, unit)) byKey.set(key, [...(byKey.get(key) ?? []), write.at]);
    }
    const units = [...byKey].sort(([a], [b]) => a - b).map(([key, events]) =>
      wholeUnit(key, events)
    );
    return tears ? units.map((each) => this.#withTears(each)) : units;
  }

  /** All that tearing may make of a sector: any two of its versions, wherever that shows. */
  #withTears(unit: PointUnit): PointUnit {
    const events = unit.versions.map(({ event }) => event);
    const bytesOf = events.map((event) => this.#unitBytes(unit.key, event));
    const torn: UnitVersion[] = [];
    for (let newer = 1; newer < events.length; newer++) {
      for (let older = 0; older < newer; older++) {
        for (const atBytes of placesToTear(bytesOf[older], bytesOf[newer])) {
          const tear = { oldEvent: events[older], atBytes };
          torn.push({ event: events[newer], tear: { ...tear, head: "new" } });
          torn.push({ event: events[newer], tear: { ...tear, head: "old" } });
        }
      }
    }
    return { ...unit, versions: [...unit.versions, ...torn] };
  }

  /** A unit of fixed size with the writes up to an event in it. */
  #unitBytes(key: number, newest: number): Uint8Array {
    const unitBytes = Number(this.#preset.unit);
    const file = this.#disk.durable.fork();
    this.#applyUpTo(file, key, newest);
    const bytes = new Uint8Array(unitBytes);
    file.read(key * unitBytes, bytes);
    return bytes;
  }

  #applyUpTo(file: PagedStorage, key: number, newest: number): void {
    const unitBytes = Number(this.#preset.unit);
    const part = { fromBytes: key * unitBytes, toBytes: (key + 1) * unitBytes };
    for (const write of this.#disk.pending) {
      if (write.at <= newest) applyWrite(file, write, part);
    }
  }

  /** Apply the writes that persisted to `file`, with whole sectors as the cache held them. */
  #applySubset(file: PagedStorage, picked: Persisted["byUnit"]): void {
    const cache = this.#disk.durable.fork();
    for (const write of this.#disk.pending) {
      applyWrite(cache, write);
      if (!picked.has(write.at) || write.lengthBytes === 0) continue;
      const from = Math.floor(write.offsetBytes / 512) * 512;
      const to = Math.ceil((write.offsetBytes + write.lengthBytes) / 512) * 512;
      const sectors = new Uint8Array(to - from);
      cache.read(from, sectors);
      file.write(from, sectors.length, sectors);
    }
  }

  #materialize(
    picked: Persisted["byUnit"],
    chosenSizeBytes: number,
    corruption: Corruption | undefined,
  ): PagedStorage {
    const file = this.#disk.durable.fork();
    let sizeBytes = chosenSizeBytes;
    if (this.#preset.ordered) {
      const last = picked.get(0)?.event ?? -1;
      for (const write of this.#disk.pending) if (write.at <= last) applyWrite(file, write);
      for (const size of this.#disk.sizes) if (size.at <= last) sizeBytes = size.sizeBytes;
    } else if (this.#preset.unit === "write") {
      this.#applySubset(file, picked);
    } else {
      for (const [key, version] of picked) this.#applyVersion(file, key, version);
    }
    if (corruption) this.#corrupt(file, corruption);
    file.resize(sizeBytes);
    return file;
  }

  #applyVersion(file: PagedStorage, key: number, { event, tear }: UnitVersion): void {
    if (!tear) {
      this.#applyUpTo(file, key, event);
      return;
    }
    const newer = this.#unitBytes(key, event);
    const older = this.#unitBytes(key, tear.oldEvent);
    const [head, rest] = tear.head === "new" ? [newer, older] : [older, newer];
    rest.set(head.subarray(0, tear.atBytes));
    file.write(key * rest.length, rest.length, rest);
  }

  #corrupt(file: PagedStorage, { event, fill }: Corruption): void {
    const { corruptionBytes } = this.#preset;
    const { offsetBytes, lengthBytes } = this.#disk.pending.find((write) => write.at === event)!;
    const endBytes = Math.ceil((offsetBytes + lengthBytes) / corruptionBytes) * corruptionBytes;
    const sector = corruptedSector(fill);
    let at = Math.floor(offsetBytes / corruptionBytes) * corruptionBytes;
    for (; at < endBytes; at += sector.length) file.write(at, sector.length, sector);
  }
}

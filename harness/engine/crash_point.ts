/**
 * One crash point, worked out the plain way: bytes, no sharing, no cleverness. The brute-force
 * engine is made of these, and every violation that another engine reports is built again here,
 * as a concrete file, and must show itself there too. For that to be evidence, nothing is shared
 * with the lazy engine but the choice source, the target and the names of violations.
 *
 * @module
 */
import type { LogEvent, WriteLog } from "../log/write_log.ts";
import { PagedStorage } from "../model/paged_storage.ts";
import type { Preset } from "../model/presets.ts";
import type { Choices } from "./choices.ts";

type WriteEvent = {
  readonly at: number;
  readonly id: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly bytes: Uint8Array | undefined;
};

/** Something that may be on disk in several versions. */
export interface PointUnit {
  /** The sector, block or issuing event. */
  readonly key: number;
  /** For each version the event that brought it; -1 for the durable one. */
  readonly events: readonly number[];
}

/** Which versions reached the disk: for each unit key the event of its version; the size's too. */
export interface Persisted {
  /** For each unit that is not as it was durably, the event of the version that persisted. */
  readonly byUnit: ReadonlyMap<number, number>;
  /** The size that persisted, in bytes; undefined where it follows from the units. */
  readonly sizeBytes: number | undefined;
}

/**
 * All that a crash after one event can leave.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, Recorder, SECTORS, TapeChoices } from "@powercut/powercut/harness";
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
 * assertEquals(point.build(new TapeChoices([0, 1])).sizeBytes, 1024);
 * ```
 */
export class CrashPoint {
  readonly #preset: Preset;
  readonly #log: WriteLog;
  /** The crash comes after this event. */
  readonly event: number;
  readonly #durable: WriteEvent[] = [];
  #pending: WriteEvent[] = [];
  #sizes: { sizeBytes: number; at: number }[];
  #resizedAt = -1;
  /** What varies, in a fixed order: the order of the tape. */
  readonly units: readonly PointUnit[];

  /** Work out the crash after event `event` of `log` (-1: before any). */
  constructor(log: WriteLog, preset: Preset, event: number) {
    this.#log = log;
    this.#preset = preset;
    this.event = event;
    this.#sizes = [{ sizeBytes: log.base.sizeBytes, at: -1 }];
    this.#replay();
    this.units = this.#unitsOf();
  }

  /** The sizes that may have persisted, in a fixed order; one only where it follows otherwise. */
  get sizes(): readonly number[] {
    if (this.#preset.ordered) return [this.#sizes[0].sizeBytes];
    return [...new Set(this.#sizes.map((size) => size.sizeBytes))];
  }

  /** The size that is durable, in bytes. */
  get durableSizeBytes(): number {
    return this.#sizes[0].sizeBytes;
  }

  /** The largest size that may have persisted, in bytes. */
  get largestSizeBytes(): number {
    return Math.max(...this.#sizes.map((size) => size.sizeBytes));
  }

  /** The events of the writes that were still on their way. */
  get pendingEvents(): ReadonlySet<number> {
    return new Set(this.#pending.map((write) => write.at));
  }

  /** How many writes were still on their way. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** How many states there are. */
  get stateCount(): bigint {
    return this.units.reduce((n, unit) => n * BigInt(unit.events.length), 1n) *
      BigInt(this.sizes.length);
  }

  /** Build the file that the choices lead to. */
  build(choices: Choices): PagedStorage {
    const picked = new Map<number, number>();
    for (const unit of this.units) {
      picked.set(unit.key, unit.events.length === 1 ? 0 : choices.choose(unit.events.length));
    }
    const { sizes } = this;
    const sizeBytes = sizes[sizes.length === 1 ? 0 : choices.choose(sizes.length)];
    return this.#materialize(picked, sizeBytes);
  }

  /** How many choices a tape for this crash point has. */
  get tapeLength(): number {
    const open = this.units.filter((unit) => unit.events.length > 1).length;
    return open + (this.sizes.length > 1 ? 1 : 0);
  }

  /** The tape that makes {@linkcode build} choose `persisted`; units not named stay durable. */
  tapeFor(persisted: Persisted): number[] {
    const tape: number[] = [];
    for (const unit of this.units) {
      if (unit.events.length === 1) continue;
      const option = unit.events.indexOf(persisted.byUnit.get(unit.key) ?? -1);
      if (option < 0) throw new Error(`crash point: no such version of unit ${unit.key}`);
      tape.push(option);
    }
    const { sizes } = this;
    if (sizes.length > 1) {
      const option = persisted.sizeBytes === undefined ? 0 : sizes.indexOf(persisted.sizeBytes);
      if (option < 0) throw new Error(`crash point: no such size ${persisted.sizeBytes}`);
      tape.push(option);
    }
    return tape;
  }

  /** What a tape means: the versions that reached the disk and the size. */
  describe(choices: Choices): Persisted {
    const byUnit = new Map<number, number>();
    for (const unit of this.units) {
      if (unit.events.length === 1) continue;
      const option = choices.choose(unit.events.length);
      if (option > 0) byUnit.set(unit.key, unit.events[option]);
    }
    const { sizes } = this;
    return { byUnit, sizeBytes: sizes[sizes.length === 1 ? 0 : choices.choose(sizes.length)] };
  }

  /** The same versions write by write: under `ordered` one version stands for a whole prefix. */
  spelledOut(byUnit: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
    if (!this.#preset.ordered) return byUnit;
    const last = byUnit.get(0) ?? -1;
    const prefix = this.#pending.filter((write) => write.at <= last);
    return new Map(prefix.map((write) => [write.at, write.at]));
  }

  #replay(): void {
    const completed = new Set<number>();
    const covers = new Map<number, { writes: Set<WriteEvent>; sizeAt: number }>();
    const forced = new Set<number>();
    const { events } = this.#log;
    for (let at = 0; at <= this.event; at++) {
      const event: LogEvent = events[at];
      if (event.kind === "write-issued") {
        const { id, offsetBytes, bytes } = event;
        this.#pending.push({ at, id, offsetBytes, lengthBytes: bytes.length, bytes });
        this.#sizeNow(Math.max(this.#size(), offsetBytes + bytes.length), at);
        if (event.forceUnitAccess) forced.add(id);
      } else if (event.kind === "write-completed") {
        completed.add(event.id);
        const writes = new Set(this.#pending.filter((write) => write.id === event.id));
        if (forced.has(event.id)) {
          this.#makeDurable({ writes, sizeAt: this.#completedSizeAt(completed) });
        }
      } else if (event.kind === "resized" || event.kind === "discarded") {
        this.#cutOrDiscard(event, at);
      } else if (event.kind === "flush-issued") {
        const done = this.#pending.filter((write) => write.id < 0 || completed.has(write.id));
        const sizeAt = this.#completedSizeAt(completed);
        covers.set(event.id, { writes: new Set(done), sizeAt });
      } else if (event.kind === "flush-completed") {
        const covered = covers.get(event.id);
        if (covered) this.#makeDurable(covered);
      }
    }
  }

  #cutOrDiscard(event: LogEvent & { kind: "resized" | "discarded" }, at: number): void {
    const before = this.#size();
    const offsetBytes = event.kind === "resized" ? event.sizeBytes : event.offsetBytes;
    const lengthBytes = event.kind === "resized"
      ? Math.max(0, before - offsetBytes)
      : event.lengthBytes;
    this.#pending.push({ at, id: -1, offsetBytes, lengthBytes, bytes: undefined });
    if (event.kind !== "resized") return;
    this.#sizeNow(event.sizeBytes, at);
    this.#resizedAt = at;
  }

  #size(): number {
    return this.#sizes[this.#sizes.length - 1].sizeBytes;
  }

  #sizeNow(sizeBytes: number, at: number): void {
    if (sizeBytes !== this.#size()) this.#sizes.push({ sizeBytes, at });
  }

  /** The event of the newest size change whose request has completed. */
  #completedSizeAt(completed: ReadonlySet<number>): number {
    const underWay = new Set(
      this.#pending.filter((write) => write.id >= 0 && !completed.has(write.id))
        .map((write) => write.at),
    );
    return this.#sizes.filter((size) => !underWay.has(size.at)).pop()?.at ?? -1;
  }

  #makeDurable(covered: { writes: ReadonlySet<WriteEvent>; sizeAt: number }): void {
    this.#durable.push(...this.#pending.filter((write) => covered.writes.has(write)));
    this.#pending = this.#pending.filter((write) => !covered.writes.has(write));
    const index = this.#sizes.findIndex((size) => size.at === covered.sizeAt);
    if (index > 0) {
      const [durable, ...newer] = this.#sizes.slice(index);
      this.#sizes = [{ sizeBytes: durable.sizeBytes, at: -1 }, ...newer];
    }
    // Durable data that no later resize cut off is inside the file.
    for (const { at, bytes, offsetBytes, lengthBytes } of covered.writes) {
      const endBytes = offsetBytes + lengthBytes;
      if (!bytes || at < this.#resizedAt || endBytes <= this.#sizes[0].sizeBytes) continue;
      this.#sizes = [{ sizeBytes: endBytes, at: -1 }, ...this.#sizes.slice(1)];
    }
  }

  #unitsOf(): PointUnit[] {
    const { unit, ordered } = this.#preset;
    const ats = this.#pending.map((write) => write.at);
    if (ordered) return [{ key: 0, events: [-1, ...ats] }];
    if (unit === "write") return ats.map((at) => ({ key: at, events: [-1, at] }));
    const byKey = new Map<number, number[]>();
    for (const write of this.#pending) {
      for (const key of keysOf(write, unit)) {
        const events = byKey.get(key) ?? [-1];
        events.push(write.at);
        byKey.set(key, events);
      }
    }
    return [...byKey].sort(([a], [b]) => a - b).map(([key, events]) => ({ key, events }));
  }

  /** Put the writes that persisted into `file`, with whole sectors as they were in the cache. */
  #applySubset(file: PagedStorage, picked: ReadonlyMap<number, number>): void {
    const cache = new PagedStorage(this.#log.base);
    for (const write of this.#durable) apply(cache, write, 0, Infinity);
    for (const write of this.#pending) {
      apply(cache, write, 0, Infinity);
      if (picked.get(write.at) !== 1 || write.lengthBytes === 0) continue;
      const from = Math.floor(write.offsetBytes / 512) * 512;
      const to = Math.ceil((write.offsetBytes + write.lengthBytes) / 512) * 512;
      const sectors = new Uint8Array(to - from);
      cache.read(from, sectors);
      file.write(from, sectors.length, sectors);
    }
  }

  #materialize(picked: ReadonlyMap<number, number>, chosenSizeBytes: number): PagedStorage {
    const file = new PagedStorage(this.#log.base);
    for (const write of this.#durable) apply(file, write, 0, Infinity);
    const { unit, ordered } = this.#preset;
    let sizeBytes = chosenSizeBytes;
    if (ordered) {
      const count = picked.get(0) ?? 0;
      for (const write of this.#pending.slice(0, count)) apply(file, write, 0, Infinity);
      const last = count === 0 ? -1 : this.#pending[count - 1].at;
      for (const size of this.#sizes) if (size.at <= last) sizeBytes = size.sizeBytes;
    } else if (unit === "write") {
      this.#applySubset(file, picked);
    } else {
      for (const { key, events } of this.units) {
        const newest = events[picked.get(key) ?? 0];
        for (const write of this.#pending) {
          if (write.at <= newest) apply(file, write, key * unit, (key + 1) * unit);
        }
      }
    }
    file.resize(sizeBytes);
    return file;
  }
}

/**
 * The crash points of a log, each worked out once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { prepareTrial, Recorder, SECTORS, type Target } from "@powercut/powercut/harness";
 *
 * // A format of one sector, which needs no recovery.
 * const target: Target<void> = {
 *   name: "sector",
 *   opaqueLabels: new Set(["data"]),
 *   granularityBytes: 512,
 *   otherFiles: [],
 *   probes: [],
 *   recycle() {},
 *   *recover() {},
 *   *inspect() {
 *     return { problems: [], leakedBytes: 0 };
 *   },
 *   *read(_, offsetBytes, into) {
 *     yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
 *   },
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => undefined,
 * };
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * const bytes = new Uint8Array(512).fill(1);
 * recorder.guestWrite(0, bytes, target.write(undefined, 0, bytes));
 * const { points } = prepareTrial(recorder.log, target, SECTORS, { guestBytes: 512 });
 * assertEquals(points.after(-1).stateCount, 1n); // a crash before anything
 * ```
 */
export class CrashPoints {
  readonly #log: WriteLog;
  readonly #preset: Preset;
  readonly #points = new Map<number, CrashPoint>();

  /** The crash points of `log` under `preset`. */
  constructor(log: WriteLog, preset: Preset) {
    this.#log = log;
    this.#preset = preset;
  }

  /** The crash after event `event` (-1: before any). */
  after(event: number): CrashPoint {
    let point = this.#points.get(event);
    if (!point) this.#points.set(event, point = new CrashPoint(this.#log, this.#preset, event));
    return point;
  }
}

function keysOf(write: WriteEvent, unitBytes: number): number[] {
  const keys: number[] = [];
  if (write.lengthBytes === 0) return keys;
  const end = write.offsetBytes + write.lengthBytes;
  for (let key = Math.floor(write.offsetBytes / unitBytes); key * unitBytes < end; key++) {
    keys.push(key);
  }
  return keys;
}

/** Apply the part of a write that falls between two offsets. */
function apply(file: PagedStorage, write: WriteEvent, fromBytes: number, toBytes: number): void {
  const from = Math.max(fromBytes, write.offsetBytes);
  const to = Math.min(toBytes, write.offsetBytes + write.lengthBytes);
  if (from >= to) return;
  const at = from - write.offsetBytes;
  file.write(from, to - from, write.bytes?.subarray(at, at + to - from));
}

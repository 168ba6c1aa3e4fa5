import { type Filter, MemoryStorage, type Operation, runSync } from "../../lib/storage/mod.ts";
import type { FaultRun } from "../faults/mod.ts";
import type { ChoiceFunction } from "../log/interleave.ts";
import type { OrderScheduler } from "../orders/explore_orders.ts";
import type { Recording, Step, Subject } from "../target/subject.ts";
import type { GuestRange, Inspection, Refusal, Target } from "../target/target.ts";
import type { DiskShape } from "../workload/disk_shape.ts";
import type { FormatDefinition } from "./define_format.ts";
import { refusalFrom } from "./format_refusal.ts";
import { FormatRun } from "./format_run.ts";
import { patternOf, PREPARED } from "./pattern.ts";
import { DATA_LABEL } from "./requests.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** A file that workloads begin with, and what its disk holds. */
export interface PreparedFile {
  /** The bytes of the file. */
  readonly base: Uint8Array;
  /** The contents of its disk, from the start; zeroes follow. */
  readonly guestBase: Uint8Array;
}

/** What stands between a format and the shapes that engines, generators and shrinkers work on. */
export class FormatBinding {
  /** The definition, of whatever session. */
  readonly definition: FormatDefinition<unknown>;
  /** The shape of the disk, for generators of workloads. */
  readonly shape: DiskShape;
  /** Runs workloads, one request after the other. */
  readonly subject: Subject;
  #prepared: PreparedFile | undefined;

  /** Bind a definition that was checked. */
  constructor(definition: FormatDefinition<unknown>) {
    this.definition = definition;
    this.shape = shapeOf(definition);
    this.subject = {
      name: definition.name,
      record: (steps) => this.record(steps),
      refusal: (error) => this.refusal(error),
    };
  }

  /** The format's name. */
  get name(): string {
    return this.definition.name;
  }

  /** The reason, if `error` is a refusal. */
  refusal(error: unknown): Refusal | undefined {
    const { definition } = this;
    return refusalFrom(error, (each) => definition.isRefusal?.(each) ?? false);
  }

  /** The file that workloads begin with; made once. */
  get prepared(): PreparedFile {
    return this.#prepared ??= prepare(this.definition, this.shape);
  }

  /**
   * Run steps one after the other on a fresh file, and record them. With `scheduler` requests
   * that no barrier separates are in flight together, and it decides which completes next.
   */
  record(steps: readonly Step[], scheduler?: ChoiceFunction | OrderScheduler): Recording {
    const run = new FormatRun(this);
    run.open();
    if (scheduler) run.performTogether(steps, scheduler);
    else for (const [number, step] of steps.entries()) run.perform(step, number);
    return this.#recordingOf(run, steps);
  }

  /** Run steps over storage with a fault, and go on after what is refused. */
  faultyRun(steps: readonly Step[], fault: Filter): FaultRun {
    const run = new FormatRun(this, { fault });
    run.open();
    for (const [number, step] of steps.entries()) run.perform(step, number);
    const { log, target, guestBytes } = this.#recordingOf(run, steps);
    // All of it now: these reads are among the requests that the fault can hit.
    const seen = new Map<number, Uint8Array | undefined>();
    for (const unit of this.#unitsLookedAt(steps, target)) {
      seen.set(
        unit,
        run.read(unit * this.shape.allocationUnitBytes, this.shape.allocationUnitBytes),
      );
    }
    const read = (offsetBytes: number, lengthBytes: number) =>
      together(seen, this.shape.allocationUnitBytes, { offsetBytes, lengthBytes });
    return { log, target, guestBytes, refusals: run.refusals, read };
  }

  /** The units that a workload touches, or that are written after recovery. */
  #unitsLookedAt(steps: readonly Step[], { postRecoveryWrites }: Target): Set<number> {
    const { allocationUnitBytes: unitBytes, written } = this.shape;
    const touched = steps.flatMap((step) => "offsetBytes" in step ? [step] : []);
    const units = new Set<number>();
    for (const { offsetBytes, lengthBytes } of [...written, ...touched, ...postRecoveryWrites]) {
      const end = Math.ceil((offsetBytes + lengthBytes) / unitBytes);
      for (let unit = Math.floor(offsetBytes / unitBytes); unit < end; unit++) units.add(unit);
    }
    return units;
  }

  #recordingOf({ log, stepStarts }: FormatRun, steps: readonly Step[]): Recording {
    const { sizeBytes } = this.shape;
    const guestBytes = Math.max(
      sizeBytes,
      ...steps.map((step) => step.kind === "grow" ? step.sizeBytes : 0),
    );
    return { log, target: this.targetFor(steps), guestBytes, stepStarts };
  }

  /** The target that crash states of a workload are checked with. */
  targetFor(steps: readonly Step[]): Target {
    const { definition, shape } = this;
    const { fingerprint, describeWrite } = definition;
    return {
      name: definition.name,
      dataLabels: new Set([DATA_LABEL]),
      allocationUnitBytes: shape.allocationUnitBytes,
      otherFiles: definition.otherFiles ?? [],
      postRecoveryWrites: definition.postRecoveryWrites ?? untouchedUnits(shape, steps),
      beforeEachState: () => definition.beforeEachState?.(),
      recover: () => definition.open(),
      inspect: (session) => inspect(definition, session),
      read: (session, offsetBytes, into) => definition.read(session, offsetBytes, into),
      write: (session, offsetBytes, bytes) => definition.write(session, offsetBytes, bytes),
      refusal: (error) => this.refusal(error),
      ...(fingerprint && { fingerprint: (session) => fingerprint.call(definition, session) }),
      ...(describeWrite && {
        describeWrite: (write, before) => describeWrite.call(definition, write, before),
      }),
    };
  }
}

/** A range from what was read of its units; undefined if one of them could not be read. */
function together(
  units: ReadonlyMap<number, Uint8Array | undefined>,
  unitBytes: number,
  { offsetBytes, lengthBytes }: GuestRange,
): Uint8Array | undefined {
  const all = new Uint8Array(lengthBytes);
  for (let at = 0; at < lengthBytes; at += unitBytes) {
    const bytes = units.get((offsetBytes + at) / unitBytes);
    if (!bytes) return undefined;
    all.set(bytes.subarray(0, lengthBytes - at), at);
  }
  return all;
}

function shapeOf(definition: FormatDefinition<unknown>): DiskShape {
  const { sizeBytes, unitBytes = SECTOR_BYTES, alignmentBytes = SECTOR_BYTES } = definition;
  const { grow, discard, writeZeroes, tableBytes } = definition;
  const { preparedBytes = discard || writeZeroes ? unitBytes : 0 } = definition;
  const kinds = new Set<Step["kind"]>(["write", "flush", "reopen"]);
  if (grow) kinds.add("grow");
  if (discard) kinds.add("discard");
  if (writeZeroes) kinds.add("zero");
  return {
    ...{ sizeBytes, alignmentBytes, kinds },
    allocationUnitBytes: unitBytes,
    sizeStepBytes: unitBytes,
    ...(tableBytes !== undefined && { tableBytes }),
    written: preparedBytes === 0 ? [] : [{ offsetBytes: 0, lengthBytes: preparedBytes }],
  };
}

function prepare(definition: FormatDefinition<unknown>, { written }: DiskShape): PreparedFile {
  const created = definition.create();
  if (!(created instanceof Uint8Array)) {
    throw new TypeError(`Cannot create a file of '${definition.name}': create must return bytes`);
  }
  const [range] = written;
  if (!range) return { base: created.slice(), guestBase: new Uint8Array(0) };
  const file = new MemoryStorage(created);
  const files = [file, ...(definition.otherFiles ?? [])];
  const guestBase = patternOf(PREPARED, 0, range.lengthBytes);
  const run = <T>(operation: Operation<T>) => runSync(operation, files);
  const session = run(definition.open());
  run(definition.write(session, 0, guestBase));
  run(definition.flush(session));
  if (definition.close) run(definition.close(session));
  return { base: file.toBytes(), guestBase };
}

function* inspect(
  definition: FormatDefinition<unknown>,
  session: unknown,
): Operation<Inspection> {
  const found = definition.check ? yield* definition.check(session) : [];
  return "problems" in found ? found : { problems: found, leakedBytes: 0 };
}

/** The first and the last unit of the disk that no step touches, as far as there are any. */
function untouchedUnits(
  { sizeBytes, allocationUnitBytes: unitBytes, written }: DiskShape,
  steps: readonly Step[],
): GuestRange[] {
  const ranges = [...written, ...steps.flatMap((step) => "offsetBytes" in step ? [step] : [])];
  const isTouched = (offsetBytes: number) =>
    ranges.some((range) =>
      range.offsetBytes < offsetBytes + unitBytes &&
      offsetBytes < range.offsetBytes + range.lengthBytes
    );
  const units: GuestRange[] = [];
  for (const isLast of [false, true]) {
    for (let i = 0; i < sizeBytes / unitBytes; i++) {
      const offsetBytes = isLast ? sizeBytes - (i + 1) * unitBytes : i * unitBytes;
      if (isTouched(offsetBytes)) continue;
      if (units[0]?.offsetBytes !== offsetBytes) {
        units.push({ offsetBytes, lengthBytes: unitBytes });
      }
      break;
    }
  }
  return units;
}

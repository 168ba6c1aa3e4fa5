import { Recorder, TapeChoices, type WriteLog } from "../../harness/mod.ts";
import {
  closeImage,
  createImage,
  discardImage,
  type Filter,
  flushImage,
  type HeaderLayout,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  type QedImage,
  runSync,
  type SyncStorage,
  UNORDERED,
  writeImage,
  writeZeroes,
} from "../../lib/mod.ts";
import { GuestDisk } from "../../lib/testing/guest_disk.ts";
import { memoryBacking } from "./qed_target.ts";

/** One thing that the guest, or whoever runs it, does while the image is open. */
export type Request =
  | {
    readonly kind: "write" | "zero" | "discard";
    readonly offsetBytes: number;
    readonly lengthBytes: number;
  }
  | {
    readonly kind: "operate";
    readonly run: (image: QedImage) => Operation<unknown>;
    readonly effects: Effects;
  }
  | { readonly kind: "flush" }
  | { readonly kind: "in-turn"; readonly requests: readonly Request[] };

/** What follows from something done to the image, although its guest does not notice. */
export interface Effects {
  /** How much space is given up, so that as much more may be lost, in bytes. */
  readonly givesUpBytes?: number;
  /** A range of the guest's disk that the backing file may no longer show through afterwards. */
  readonly copies?: { readonly offsetBytes: number; readonly lengthBytes: number };
}

/**
 * Which of the storage requests on their way completes next, each time a number below their count:
 * one after the other, and the oldest once they have run out; or whoever is asked; or any, always
 * the same ones for the same seed.
 */
export type Schedule =
  | readonly number[]
  | ((count: number) => number)
  | { readonly seed: number };

/** One step of a workload. */
export type Step =
  | Request
  | {
    readonly kind: "together";
    readonly requests: readonly Request[];
    readonly schedule: Schedule;
  }
  | { readonly kind: "reopen" }
  | { readonly kind: "close" };

/** The guest writes. */
export function write(offsetBytes: number, lengthBytes: number): Request {
  return { kind: "write", offsetBytes, lengthBytes };
}
/** The guest writes zeroes. */
export function zero(offsetBytes: number, lengthBytes: number): Request {
  return { kind: "zero", offsetBytes, lengthBytes };
}
/** The guest discards. */
export function discard(offsetBytes: number, lengthBytes: number): Request {
  return { kind: "discard", offsetBytes, lengthBytes };
}
/** Whoever runs the guest has something done to the image that its guest does not notice. */
export function operate(
  run: (image: QedImage) => Operation<unknown>,
  effects: Effects = {},
): Request {
  return { kind: "operate", run, effects };
}
/** One thing after the other, beside something else. */
export function inTurn(...requests: readonly Request[]): Request {
  return { kind: "in-turn", requests };
}
/** Several things go on at the same time. */
export function together(requests: readonly Request[], schedule: Schedule = []): Step {
  return { kind: "together", requests, schedule };
}
/** The guest flushes. */
export const FLUSH: Request = { kind: "flush" };
/** The image is closed cleanly and opened again. */
export const REOPEN: Step = { kind: "reopen" };
/** The image is closed cleanly; the last step. */
export const CLOSE: Step = { kind: "close" };

/** What a new image's header calls the backing file. */
export const BACKING_NAME = "base.raw";

/** An image, what is done to it before the log begins, and what the log records. */
export interface Workload {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table; 1 if not given. */
  readonly tableClusters?: number;
  /** Bytes of the guest's disk. */
  readonly imageBytes: number;
  /** Bytes of the guest's disk once it has grown; as many as before if not given. */
  readonly grownBytes?: number;
  /** Bytes of the guest's disk at its smallest; as many as at first if not given. */
  readonly shrunkBytes?: number;
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
  /** The contents of a raw backing file. */
  readonly backing?: Uint8Array;
  /** The names that the header may have for it after a crash; undefined for none. */
  readonly backingNames?: readonly (string | undefined)[];
  /** Writes that are durable before the log begins. */
  readonly prepared?: readonly Step[];
  /** Bytes of an unfinished cluster, from an earlier crash, at the end of the file; 0 if not given. */
  readonly tornTailBytes?: number;
  /** What a crash, or a bug, did to the file before the log begins: changes its bytes. */
  readonly damage?: (file: Uint8Array) => void;
  /** The image is opened as it is, and repaired by a step, if at all. */
  readonly opensUnrepaired?: boolean;
  /** What is recorded. */
  readonly steps: readonly Step[];
}

/** How a workload is run. */
export interface RecordOptions {
  /** The ordering profile of the driver. */
  readonly profile: OrderingProfile;
  /** Filters between the driver and its storage: planted bugs. */
  readonly filters?: readonly Filter[];
}

/**
 * Run a workload through the driver and record what reaches the file. What the guest writes tells
 * which write it was and where it went: see {@linkcode patternBytes}.
 */
export function record(workload: Workload, options: RecordOptions): WriteLog {
  const { backing } = workload;
  const otherFiles = backing ? memoryBacking(backing).files : [];
  const guest = new Uint8Array(guestBaseBytes(workload));
  if (backing) guest.set(backing.subarray(0, guest.length));
  const base = prepare(workload, otherFiles, guest);
  const disk = guestDisk(workload);
  const recorder = new Recorder({
    base,
    guestBase: guest,
    otherFiles,
    ...(options.filters && { filters: options.filters }),
  });
  const open = () => recorder.run(openFor(workload, options.profile));
  let image = open();
  let number = 100;
  const operationOf = (request: Request): Operation<unknown> => {
    if (request.kind === "operate") {
      const { givesUpBytes, copies } = request.effects;
      if (givesUpBytes !== undefined) recorder.giveUpSpace(givesUpBytes);
      if (copies) disk.touch(copies.offsetBytes, copies.lengthBytes);
      return request.run(image);
    }
    if (request.kind === "flush") return recorder.asGuestFlush(flushImage(image));
    if (request.kind === "in-turn") return runInTurn(request.requests.map(operationOf));
    const { kind, offsetBytes, lengthBytes } = request;
    if (kind === "write") {
      const bytes = patternBytes(number++, offsetBytes, lengthBytes);
      disk.write(offsetBytes, bytes);
      return recorder.asGuestWrite(offsetBytes, bytes, writeImage(image, offsetBytes, bytes));
    }
    recorder.giveUpSpace(bytesOfClusters(request, workload.clusterBytes));
    if (kind === "discard") {
      // What the guest is promised: each cluster reads as zeroes afterwards, or as before.
      const bytes = disk.discard(offsetBytes, lengthBytes);
      const operation = discardImage(image, offsetBytes, lengthBytes);
      return recorder.asGuestWrite(offsetBytes, bytes, operation);
    }
    disk.zero(offsetBytes, lengthBytes);
    const operation = writeZeroes(image, offsetBytes, lengthBytes);
    return recorder.asGuestWrite(offsetBytes, new Uint8Array(lengthBytes), operation);
  };
  for (const step of workload.steps) {
    if (step.kind === "together") {
      recorder.runTogether(step.requests.map(operationOf), chooserOf(step.schedule));
    } else if (step.kind === "close" || step.kind === "reopen") {
      recorder.run(closeImage(image));
      if (step.kind === "reopen") image = open();
    } else recorder.run(operationOf(step));
  }
  return recorder.log;
}

/** The guest's disk before the log begins. */
function guestDisk(workload: Workload): GuestDisk {
  const { imageBytes, grownBytes, clusterBytes, backing, layout, prepared } = workload;
  const disk = new GuestDisk({
    imageBytes: grownBytes ?? imageBytes,
    clusterBytes,
    backing,
    hasZeroClusters: layout !== "rfc",
  });
  preparedWrites(prepared).forEach(([offsetBytes, bytes]) => disk.write(offsetBytes, bytes));
  return disk;
}

/** All of the clusters that a range touches, in bytes: what may be lost when it is given up. */
function bytesOfClusters(
  range: { readonly offsetBytes: number; readonly lengthBytes: number },
  clusterBytes: number,
): number {
  const end = Math.ceil((range.offsetBytes + range.lengthBytes) / clusterBytes);
  return (end - Math.floor(range.offsetBytes / clusterBytes)) * clusterBytes;
}

function* runInTurn(operations: readonly Operation<unknown>[]): Operation<void> {
  for (const operation of operations) yield* operation;
}

function chooserOf(schedule: Schedule): (count: number) => number {
  if (typeof schedule === "function") return schedule;
  if ("seed" in schedule) return seededChooser(schedule.seed);
  const choices = new TapeChoices(schedule);
  return (count) => choices.choose(count);
}

/** Numbers of a linear congruential generator; its high bits are good enough for a schedule. */
function seededChooser(seed: number): (count: number) => number {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * count);
  };
}

/** How far the guest's disk holds anything before the log begins. */
function guestBaseBytes({ backing, imageBytes, prepared }: Workload): number {
  const ends = (prepared ?? []).map((step) =>
    step.kind === "write" ? step.offsetBytes + step.lengthBytes : 0
  );
  return Math.min(imageBytes, Math.max(backing?.length ?? 0, ...ends));
}

/** The write that an earlier crash left unfinished. */
const TORN_TAIL_NUMBER = 99;

/** Create the image, carry out the prepared writes, and close it. */
function prepare(
  workload: Workload,
  otherFiles: readonly SyncStorage[],
  guest: Uint8Array,
): Uint8Array {
  const file = new MemoryStorage();
  const files = [file, ...otherFiles];
  runSync(
    createImage({
      imageBytes: workload.imageBytes,
      clusterBytes: workload.clusterBytes,
      tableClusters: workload.tableClusters ?? 1,
      ...(workload.layout && { layout: workload.layout }),
      ...(workload.backing && { backing: { name: BACKING_NAME, isRaw: true } }),
    }),
    files,
  );
  const image = runSync(openFor(workload, UNORDERED), files);
  for (const [offsetBytes, bytes] of preparedWrites(workload.prepared)) {
    runSync(writeImage(image, offsetBytes, bytes), files);
    guest.set(bytes, offsetBytes);
  }
  runSync(closeImage(image), files);
  const tail = patternBytes(TORN_TAIL_NUMBER, file.sizeBytes, workload.tornTailBytes ?? 0);
  const bytes = new Uint8Array(file.sizeBytes + tail.length);
  bytes.set(file.toBytes());
  bytes.set(tail, file.sizeBytes);
  workload.damage?.(bytes);
  return bytes;
}

/** Where the prepared steps write what. */
function preparedWrites(steps: readonly Step[] = []): (readonly [number, Uint8Array])[] {
  return steps.map((step, i) => {
    if (step.kind !== "write") throw new Error(`a prepared step can't be "${step.kind}"`);
    return [step.offsetBytes, patternBytes(i + 1, step.offsetBytes, step.lengthBytes)];
  });
}

function* openFor(workload: Workload, profile: OrderingProfile): Operation<QedImage> {
  const image = yield* openImage({
    writable: true,
    profile,
    ...(workload.layout && { layout: workload.layout }),
    ...(workload.opensUnrepaired && { skipRepair: true }),
  });
  if (workload.backing) image.backing = memoryBacking(workload.backing).source;
  return image;
}

/**
 * What write `number` puts at a place: a group of 8 bytes over and over that starts with the
 * number and holds the sector, so that data is known again wherever it turns up.
 */
export function patternBytes(
  number: number,
  offsetBytes: number,
  lengthBytes: number,
): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  for (let i = 0; i < lengthBytes; i++) {
    const at = offsetBytes + i;
    const sector = Math.floor(at / 512);
    const group = [number & 0xff, number >> 8, 0xda, 0x7a, sector & 0xff, sector >> 8, 0x51, 0xed];
    bytes[i] = group[at % 8];
  }
  return bytes;
}

import {
  type OrderScheduler,
  RecordedChoices,
  Recorder,
  type WriteLog,
} from "../../harness/advanced.ts";
import {
  closeImage,
  discardImage,
  type Filter,
  flushImage,
  MemoryStorage,
  type Operation,
  type OrderingProfile,
  type QedImage,
  readImage,
  resizeImage,
  runSync,
  writeImage,
  writeZeroes,
} from "../../lib/mod.ts";
import { Random } from "../../lib/storage/random.ts";
import { GuestModel } from "../../lib/qed/io/guest_model.ts";
import type { BackingFile } from "./backing_files.ts";
import { patternBytes } from "./pattern_bytes.ts";
import { createEmpty, openPrepared, preparedWrites, prepareFile } from "./prepared_file.ts";
import { sharedMemory } from "./shared_memory.ts";
import type { Request, Schedule, Step, Workload } from "./workload.ts";

/** How the steps of a workload are run. */
export interface WorkloadRunOptions {
  /** The ordering profile of the driver. */
  readonly profile: OrderingProfile;
  /** Makes the filters of a mutant between the driver and its storage, with fresh state for each file. */
  readonly filters: () => readonly Filter[];
  /** Filters below the recorder, for all files: the faults of storage. Opening may fail then. */
  readonly faults?: readonly Filter[];
}

/** The number of the first write that is recorded; the prepared ones count from 1. */
const FIRST_NUMBER = 100;

/**
 * A workload in progress: an open image, and the log of its requests so far.
 *
 * At a snapshot the image is closed and the guest continues on an empty overlay. The image below is
 * durable, so the log restarts with the overlay as its base.
 */
export class WorkloadRun {
  readonly #workload: Workload;
  readonly #options: WorkloadRunOptions;
  readonly #stepStarts: number[] = [];
  /** The backing files of the image, the nearest first. */
  #backingFiles: readonly BackingFile[];
  /** The expected contents of the guest's disk. */
  #disk: GuestModel;
  /** The end of the range that may hold data other than zeroes, in bytes. */
  #usedBytes: number;
  /** The size of the guest's disk, in bytes. */
  #guestBytes: number;
  #recorder: Recorder;
  /** The image; undefined while a fault of storage keeps it closed. */
  #image: QedImage | undefined;
  #number = FIRST_NUMBER;

  /** Prepare the image and open it. */
  constructor(workload: Workload, options: WorkloadRunOptions) {
    this.#workload = workload;
    this.#options = options;
    this.#guestBytes = workload.imageBytes;
    const { backing } = workload;
    this.#backingFiles = backing
      ? [{ format: "raw", sizeBytes: backing.length, storage: new MemoryStorage(backing) }]
      : [];
    this.#disk = this.#diskOver(backing);
    this.#usedBytes = Math.min(backing?.length ?? 0, workload.imageBytes);
    for (const [offsetBytes, bytes] of preparedWrites(workload.prepared)) {
      this.#write(offsetBytes, bytes);
    }
    this.#recorder = this.#record(prepareFile(workload, this.#backingFiles));
    if (!options.faults) this.#open();
  }

  /** The log so far. */
  get log(): WriteLog {
    return this.#recorder.log;
  }

  /** For each step so far, how many events the log had when it began. */
  get stepStarts(): readonly number[] {
    return this.#stepStarts;
  }

  /** The current backing files, the nearest first. */
  get backingFiles(): readonly BackingFile[] {
    return this.#backingFiles;
  }

  /** Perform one step. */
  perform(step: Step): void {
    this.#stepStarts.push(this.#recorder.eventCount);
    switch (step.kind) {
      case "together": {
        const operations = step.requests.map((request) => this.#operationOf(request));
        const choosing = chooserOf(step.schedule);
        if (typeof choosing !== "function") this.#show(choosing);
        return this.#recorder.runTogether(operations, choosing);
      }
      case "reopen":
        this.#close();
        this.#open();
        return;
      case "close":
        return this.#close();
      case "snapshot":
        return this.#snapshot();
      case "grow":
        return this.#grow(step.sizeBytes);
      default:
        this.#recorder.run(this.#operationOf(step));
    }
  }

  /** Show the state of the run to a scheduler. */
  #show(scheduler: OrderScheduler): void {
    const recorder = this.#recorder;
    const image = this.#image;
    scheduler.watch({
      events: recorder.events,
      contents: () => recorder.contents,
      fingerprint: () => image && sharedMemory(image),
    });
  }

  #operationOf(request: Request): Operation<unknown> {
    const recorder = this.#recorder;
    switch (request.kind) {
      case "operate": {
        const { givesUpBytes, copies } = request.effects;
        if (givesUpBytes !== undefined) recorder.giveUpSpace(givesUpBytes);
        if (copies) this.#disk.touch(copies.offsetBytes, copies.lengthBytes);
        return request.run(this.image);
      }
      case "flush":
        return recorder.asGuestFlush(flushImage(this.image));
      case "in-turn":
        return runInTurn(request.requests.map((each) => this.#operationOf(each)));
    }
    const { kind, offsetBytes, lengthBytes } = request;
    if (kind === "write") {
      const bytes = patternBytes(this.#number++, offsetBytes, lengthBytes);
      this.#write(offsetBytes, bytes);
      return recorder.asGuestWrite(offsetBytes, bytes, writeImage(this.image, offsetBytes, bytes));
    }
    recorder.giveUpSpace(bytesOfClusters(request, this.#workload.clusterBytes));
    if (kind === "discard") {
      // The promise to the guest: each cluster reads as zeroes afterwards, or as before.
      const bytes = this.#disk.discard(offsetBytes, lengthBytes);
      const operation = discardImage(this.image, offsetBytes, lengthBytes);
      return recorder.asGuestWrite(offsetBytes, bytes, operation);
    }
    this.#disk.zero(offsetBytes, lengthBytes);
    const operation = writeZeroes(this.image, offsetBytes, lengthBytes);
    return recorder.asGuestWrite(offsetBytes, new Uint8Array(lengthBytes), operation);
  }

  /** Update the expected contents of the guest's disk. */
  #write(offsetBytes: number, bytes: Uint8Array): void {
    this.#disk.write(offsetBytes, bytes);
    this.#usedBytes = Math.max(this.#usedBytes, offsetBytes + bytes.length);
  }

  #grow(sizeBytes: number): void {
    const { clusterBytes } = this.#workload;
    const lastBytes = this.#guestBytes % clusterBytes;
    // If the backing file extends past the end, the driver copies the last cluster into the image.
    if (lastBytes > 0 && (this.#backingFiles[0]?.sizeBytes ?? 0) > this.#guestBytes) {
      this.#disk.touch(this.#guestBytes - lastBytes, lastBytes);
    }
    this.#recorder.run(resizeImage(this.image, sizeBytes));
    this.#guestBytes = sizeBytes;
  }

  #snapshot(): void {
    this.#close();
    const frozen = new MemoryStorage(this.#recorder.run(wholeFile()));
    this.#backingFiles = [
      { format: "qed", sizeBytes: this.#guestBytes, storage: frozen },
      ...this.#backingFiles,
    ];
    this.#disk = this.#diskOver(this.#disk.bytes);
    const overlay = new MemoryStorage();
    runSync(createEmpty(this.#workload, this.#guestBytes, this.#backingFiles), [overlay]);
    this.#recorder = this.#record(overlay.toBytes());
    this.#stepStarts.fill(0);
    this.#open();
  }

  /** The open image; opens it if it is not open yet, or if opening has failed. */
  get image(): QedImage {
    return this.#image ?? this.#open();
  }

  #open(): QedImage {
    const { profile } = this.#options;
    // A failed image has warned its guest that writes may be lost.
    if (this.#image?.failure) this.#recorder.warnGuest();
    this.#image = undefined;
    const operation = openPrepared(this.#workload, profile, this.#backingFiles);
    return this.#image = this.#recorder.run(operation);
  }

  #close(): void {
    this.#recorder.run(closeImage(this.image));
  }

  /** Read the guest's disk while the image is open; the log does not record it. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array {
    const into = new Uint8Array(lengthBytes);
    const there = Math.min(lengthBytes, this.#guestBytes - offsetBytes);
    this.#recorder.run(readImage(this.image, offsetBytes, into.subarray(0, there)));
    return into;
  }

  /** Start a log of `base`, with the current contents of the guest's disk. */
  #record(base: Uint8Array): Recorder {
    return new Recorder({
      base,
      guestBase: this.#disk.bytes.subarray(0, this.#usedBytes),
      otherFiles: this.#backingFiles.map(({ storage }) => storage),
      filters: this.#options.filters(),
      faults: this.#options.faults ?? [],
    });
  }

  /** The guest's disk over the contents that show through; large enough for each step. */
  #diskOver(shown: Uint8Array | undefined): GuestModel {
    const { imageBytes, grownBytes = 0, clusterBytes, layout, steps } = this.#workload;
    return new GuestModel({
      imageBytes: Math.max(imageBytes, grownBytes, ...steps.map(endOf)),
      clusterBytes,
      backing: shown?.subarray(0, this.#guestBytes),
      hasZeroClusters: layout !== "rfc",
    });
  }
}

/** The size that a step needs of the guest's disk, in bytes. */
function endOf(step: Step): number {
  if (step.kind === "grow") return step.sizeBytes;
  return "offsetBytes" in step ? step.offsetBytes + step.lengthBytes : 0;
}

function* wholeFile(): Operation<Uint8Array> {
  const into = new Uint8Array(yield { kind: "size", file: 0 });
  yield { kind: "read", file: 0, offsetBytes: 0, into, label: "snapshot" };
  return into;
}

/** The bytes of all clusters that a range touches: the most that discarding it may leak. */
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

function chooserOf(schedule: Schedule): ((count: number) => number) | OrderScheduler {
  if (typeof schedule === "function" || "choose" in schedule) return schedule;
  if ("seed" in schedule) {
    const random = new Random("schedule", schedule.seed);
    return (count) => random.below(count);
  }
  const choices = new RecordedChoices(schedule);
  return (count) => choices.choose(count);
}

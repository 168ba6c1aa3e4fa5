import {
  type OrderScheduler,
  RecordedChoices,
  Recorder,
  type WriteLog,
} from "../../harness/mod.ts";
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
import type { LowerFile } from "./lower_files.ts";
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
  /** Filters beneath the recorder, for all files: what storage does wrong. Opening may fail then. */
  readonly faults?: readonly Filter[];
}

/** The number of the first write that is recorded; the prepared ones count from 1. */
const FIRST_NUMBER = 100;

/**
 * A workload under way: an image that is open, and the log of what its guest did so far.
 *
 * At a snapshot the image is closed and the guest goes on on an empty overlay in front of it. What
 * was before is durable, so the log begins again, with the overlay as its base.
 */
export class WorkloadRun {
  readonly #workload: Workload;
  readonly #options: WorkloadRunOptions;
  readonly #stepStarts: number[] = [];
  /** What is behind the image, the nearest file first. */
  #lowerFiles: readonly LowerFile[];
  /** The guest's disk as it is to be. */
  #disk: GuestModel;
  /** How far it holds anything but zeroes at most, in bytes. */
  #usedBytes: number;
  /** The size of the guest's disk, in bytes. */
  #guestBytes: number;
  #recorder: Recorder;
  /** The image; undefined while storage does not let it be opened. */
  #image: QedImage | undefined;
  #number = FIRST_NUMBER;

  /** Prepare the image and open it. */
  constructor(workload: Workload, options: WorkloadRunOptions) {
    this.#workload = workload;
    this.#options = options;
    this.#guestBytes = workload.imageBytes;
    const { backing } = workload;
    this.#lowerFiles = backing
      ? [{ format: "raw", sizeBytes: backing.length, storage: new MemoryStorage(backing) }]
      : [];
    this.#disk = this.#diskOver(backing);
    this.#usedBytes = Math.min(backing?.length ?? 0, workload.imageBytes);
    for (const [offsetBytes, bytes] of preparedWrites(workload.prepared)) {
      this.#write(offsetBytes, bytes);
    }
    this.#recorder = this.#record(prepareFile(workload, this.#lowerFiles));
    if (!options.faults) this.#open();
  }

  /** What was recorded so far. */
  get log(): WriteLog {
    return this.#recorder.log;
  }

  /** For each step so far, how many events the log had when it began. */
  get stepStarts(): readonly number[] {
    return this.#stepStarts;
  }

  /** What is behind the image now, the nearest file first. */
  get lowerFiles(): readonly LowerFile[] {
    return this.#lowerFiles;
  }

  /** Go on by one step. */
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

  /** Let a scheduler look on. */
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
      // What the guest is promised: each cluster reads as zeroes afterwards, or as before.
      const bytes = this.#disk.discard(offsetBytes, lengthBytes);
      const operation = discardImage(this.image, offsetBytes, lengthBytes);
      return recorder.asGuestWrite(offsetBytes, bytes, operation);
    }
    this.#disk.zero(offsetBytes, lengthBytes);
    const operation = writeZeroes(this.image, offsetBytes, lengthBytes);
    return recorder.asGuestWrite(offsetBytes, new Uint8Array(lengthBytes), operation);
  }

  /** Note what the guest's disk is to hold. */
  #write(offsetBytes: number, bytes: Uint8Array): void {
    this.#disk.write(offsetBytes, bytes);
    this.#usedBytes = Math.max(this.#usedBytes, offsetBytes + bytes.length);
  }

  #grow(sizeBytes: number): void {
    const { clusterBytes } = this.#workload;
    const lastBytes = this.#guestBytes % clusterBytes;
    // Where the backing file goes on behind the end, the last cluster becomes the image's own.
    if (lastBytes > 0 && (this.#lowerFiles[0]?.sizeBytes ?? 0) > this.#guestBytes) {
      this.#disk.touch(this.#guestBytes - lastBytes, lastBytes);
    }
    this.#recorder.run(resizeImage(this.image, sizeBytes));
    this.#guestBytes = sizeBytes;
  }

  #snapshot(): void {
    this.#close();
    const frozen = new MemoryStorage(this.#recorder.run(wholeFile()));
    this.#lowerFiles = [
      { format: "qed", sizeBytes: this.#guestBytes, storage: frozen },
      ...this.#lowerFiles,
    ];
    this.#disk = this.#diskOver(this.#disk.bytes);
    const overlay = new MemoryStorage();
    runSync(createEmpty(this.#workload, this.#guestBytes, this.#lowerFiles), [overlay]);
    this.#recorder = this.#record(overlay.toBytes());
    this.#stepStarts.fill(0);
    this.#open();
  }

  /** The image that is open; opens it if that was left to be done, or has failed. */
  get image(): QedImage {
    return this.#image ?? this.#open();
  }

  #open(): QedImage {
    const { profile } = this.#options;
    // Whoever had an image that takes no more writes knows that it may have lost some.
    if (this.#image?.failure) this.#recorder.warnGuest();
    this.#image = undefined;
    const operation = openPrepared(this.#workload, profile, this.#lowerFiles);
    return this.#image = this.#recorder.run(operation);
  }

  #close(): void {
    this.#recorder.run(closeImage(this.image));
  }

  /** Read the guest's disk while the image is open; nothing of that is recorded. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array {
    const into = new Uint8Array(lengthBytes);
    const there = Math.min(lengthBytes, this.#guestBytes - offsetBytes);
    this.#recorder.run(readImage(this.image, offsetBytes, into.subarray(0, there)));
    return into;
  }

  /** Start a log of `base`; the guest's disk is as it is now. */
  #record(base: Uint8Array): Recorder {
    return new Recorder({
      base,
      guestBase: this.#disk.bytes.subarray(0, this.#usedBytes),
      otherFiles: this.#lowerFiles.map(({ storage }) => storage),
      filters: this.#options.filters(),
      faults: this.#options.faults ?? [],
    });
  }

  /** The guest's disk in front of what it shows, as far as it goes now; large enough for each step. */
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

/** How far the guest's disk has to reach for a step, in bytes. */
function endOf(step: Step): number {
  if (step.kind === "grow") return step.sizeBytes;
  return "offsetBytes" in step ? step.offsetBytes + step.lengthBytes : 0;
}

function* wholeFile(): Operation<Uint8Array> {
  const into = new Uint8Array(yield { kind: "size", file: 0 });
  yield { kind: "read", file: 0, offsetBytes: 0, into, label: "snapshot" };
  return into;
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

function chooserOf(schedule: Schedule): ((count: number) => number) | OrderScheduler {
  if (typeof schedule === "function" || "choose" in schedule) return schedule;
  if ("seed" in schedule) {
    const random = new Random("schedule", schedule.seed);
    return (count) => random.below(count);
  }
  const choices = new RecordedChoices(schedule);
  return (count) => choices.choose(count);
}

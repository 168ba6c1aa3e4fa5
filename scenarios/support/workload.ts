import { Recorder, type WriteLog } from "../../harness/mod.ts";
import {
  closeImage,
  createImage,
  type Filter,
  flushImage,
  type HeaderLayout,
  type QedImage,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  runSync,
  type SyncStorage,
  UNORDERED,
  writeImage,
} from "../../lib/mod.ts";
import { memoryBacking } from "./qed_target.ts";

/** One thing that the guest, or whoever runs it, does. */
export type Step =
  | { readonly kind: "write"; readonly offsetBytes: number; readonly lengthBytes: number }
  | { readonly kind: "operate"; readonly run: (image: QedImage) => Operation<unknown> }
  | { readonly kind: "flush" }
  | { readonly kind: "reopen" }
  | { readonly kind: "close" };

/** The guest writes. */
export function write(offsetBytes: number, lengthBytes: number): Step {
  return { kind: "write", offsetBytes, lengthBytes };
}
/** Whoever runs the guest has something done to the image that its guest does not notice. */
export function operate(run: (image: QedImage) => Operation<unknown>): Step {
  return { kind: "operate", run };
}
/** The guest flushes. */
export const FLUSH: Step = { kind: "flush" };
/** The image is closed cleanly and opened again. */
export const REOPEN: Step = { kind: "reopen" };
/** The image is closed cleanly; the last step. */
export const CLOSE: Step = { kind: "close" };

/** An image, what is done to it before the log begins, and what the log records. */
export interface Workload {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table; 1 if not given. */
  readonly tableClusters?: number;
  /** Bytes of the guest's disk. */
  readonly imageBytes: number;
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
  /** The contents of a raw backing file. */
  readonly backing?: Uint8Array;
  /** Writes that are durable before the log begins. */
  readonly prepared?: readonly Step[];
  /** Bytes of an unfinished cluster, from an earlier crash, at the end of the file; 0 if not given. */
  readonly tornTailBytes?: number;
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
  const recorder = new Recorder({
    base,
    guestBase: guest,
    otherFiles,
    ...(options.filters && { filters: options.filters }),
  });
  const open = () => recorder.run(openFor(workload, options.profile));
  let image = open();
  let number = 100;
  for (const step of workload.steps) {
    if (step.kind === "write") {
      const bytes = patternBytes(number++, step.offsetBytes, step.lengthBytes);
      recorder.guestWrite(step.offsetBytes, bytes, writeImage(image, step.offsetBytes, bytes));
    } else if (step.kind === "flush") {
      recorder.guestFlush(flushImage(image));
    } else if (step.kind === "operate") {
      recorder.run(step.run(image));
    } else {
      recorder.run(closeImage(image));
      if (step.kind === "reopen") image = open();
    }
  }
  return recorder.log;
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
      ...(workload.backing && { backing: { name: "base.raw", isRaw: true } }),
    }),
    files,
  );
  const image = runSync(openFor(workload, UNORDERED), files);
  let number = 1;
  for (const step of workload.prepared ?? []) {
    if (step.kind !== "write") throw new Error(`a prepared step can't be "${step.kind}"`);
    const bytes = patternBytes(number++, step.offsetBytes, step.lengthBytes);
    runSync(writeImage(image, step.offsetBytes, bytes), files);
    guest.set(bytes, step.offsetBytes);
  }
  runSync(closeImage(image), files);
  const tail = patternBytes(TORN_TAIL_NUMBER, file.sizeBytes, workload.tornTailBytes ?? 0);
  return new Uint8Array([...file.toBytes(), ...tail]);
}

function* openFor(workload: Workload, profile: OrderingProfile): Operation<QedImage> {
  const image = yield* openImage({
    writable: true,
    profile,
    ...(workload.layout && { layout: workload.layout }),
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

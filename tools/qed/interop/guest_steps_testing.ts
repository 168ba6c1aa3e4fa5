/** Guest writes as qemu-io and as this library carry them out, to compare what reaches the file. */
import {
  closeImage,
  FileStorage,
  flushImage,
  openImage,
  type OrderingProfile,
  writeImage,
} from "../../../lib/mod.ts";
import { type Recorded, RecordingStorage } from "../../../test_support/recording.ts";

/** What the guest does, on sector boundaries: QEMU would pad anything else by reading. */
export type GuestStep =
  | {
    readonly kind: "write";
    readonly offset: number;
    readonly length: number;
    readonly value: number;
  }
  | { readonly kind: "flush" };

/** The command of qemu-io for a step. */
export function commandOf(step: GuestStep): string {
  return step.kind === "flush" ? "flush" : `write -P ${step.value} ${step.offset} ${step.length}`;
}

/** How to play steps with this library. */
export interface PlayOptions {
  /** The image file as it is before. */
  readonly before: Uint8Array;
  /** What the guest does; then the image is closed. */
  readonly steps: readonly GuestStep[];
  /** The ordering profile. */
  readonly profile: OrderingProfile;
}

/** Play steps on a copy of the image; a raw backing file is looked for in directory `dir`. */
export function recordHere(dir: string, options: PlayOptions): Recorded[] {
  const storage = new RecordingStorage(options.before);
  const image = storage.run(openImage({ writable: true, profile: options.profile }));
  const files: FileStorage[] = [];
  try {
    if (image.backingName !== undefined) {
      files.push(FileStorage.open(`${dir}/${image.backingName}`, "read-only"));
      image.backing = {
        kind: "raw",
        file: 1,
        sizeBytes: files[0].perform({ kind: "size", file: 1 }),
      };
    }
    for (const step of options.steps) {
      if (step.kind === "flush") storage.run(flushImage(image));
      else {
        const bytes = new Uint8Array(step.length).fill(step.value);
        storage.run(writeImage(image, step.offset, bytes), ...files);
      }
    }
    storage.run(closeImage(image));
  } finally {
    for (const file of files) file.close();
  }
  return storage.recorded;
}

import { type BackingSource, type QedImage } from "../qed/mod.ts";
import { SECTOR_BYTES } from "../storage/sector.ts";
import type { FileStorage } from "../storage/mod.ts";
import type { ImageFormat } from "./probe.ts";

/** The parts of a {@linkcode Layer}. */
export interface LayerParts {
  /** The path it was opened by. */
  readonly path: string;
  /** Its format. */
  readonly format: ImageFormat;
  /** Whether the format was detected from the first bytes, not given. */
  readonly isProbed: boolean;
  /** The file. */
  readonly storage: FileStorage;
  /** The slot of the file. */
  readonly file: number;
  /** The size of the file in bytes when it was opened. */
  readonly fileBytes: number;
  /** The image, if the format is QED. */
  readonly image: QedImage | undefined;
}

/** One file of a chain. */
export class Layer {
  /** The path it was opened by. */
  readonly path: string;
  /** Its format. */
  readonly format: ImageFormat;
  /** Whether the format was found out from the first bytes, not named. */
  readonly isProbed: boolean;
  /** The file. */
  readonly storage: FileStorage;
  /** The slot by which operations reach the file. */
  readonly file: number;
  /** The image, if the format is QED. */
  readonly image: QedImage | undefined;
  /** The size of the file in bytes when it was opened; for a raw file, after the last resize. */
  fileBytes: number;

  /** A layer with an open file. */
  constructor(parts: LayerParts) {
    this.path = parts.path;
    this.format = parts.format;
    this.isProbed = parts.isProbed;
    this.storage = parts.storage;
    this.file = parts.file;
    this.fileBytes = parts.fileBytes;
    this.image = parts.image;
  }

  /** The size of the guest's disk: that of the image, or the raw file up to a whole sector. */
  get guestBytes(): bigint {
    if (this.image) return this.image.imageBytes;
    return BigInt(Math.ceil(this.fileBytes / SECTOR_BYTES)) * BigInt(SECTOR_BYTES);
  }

  /** This file as the backing file of its overlay. */
  get source(): BackingSource {
    return this.image
      ? { kind: "qed", image: this.image }
      : { kind: "raw", file: this.file, sizeBytes: this.fileBytes };
  }
}

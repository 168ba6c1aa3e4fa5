/** How long a tool may take before it is taken to hang, in milliseconds; no run takes nearly as long. */
export const TIMEOUT_MS = 20_000;

/** A tool of QEMU's that is missing, too old, or can't do what it is needed for. */
export class QemuToolError extends Error {
  /** The name of this kind of error. */
  override readonly name: string = "QemuToolError";
}

/** QEMU's driver does not open an image for writing. */
export class ImageRefusal extends QemuToolError {
  /** The name of this kind of error. */
  override readonly name = "ImageRefusal";

  /** Build the error from what the driver says. */
  constructor(reason: string) {
    super(`Cannot open the image: ${reason}`);
  }
}

/** A tool of QEMU's that ended by a signal, or did not answer in time, over an image: a finding. */
export class QemuToolCrash extends Error {
  /** The name of this kind of error. */
  override readonly name = "QemuToolCrash";
}

/** No room for images: what is examined is in memory. */
export class FullError extends Error {
  /** The name of this kind of error. */
  override readonly name = "FullError";

  /** There is no room for the image at `path`. */
  constructor(path: string) {
    super(`no room is left for ${path}: images are examined in memory`);
  }
}

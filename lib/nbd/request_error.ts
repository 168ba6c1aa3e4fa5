import { NBD_ERROR } from "./protocol.ts";

/** The reason for an error reply to a request. */
export class RequestError extends Error {
  /** The name of this kind of error. */
  override readonly name = "RequestError";

  /** Build the error. */
  constructor(
    /** One of the protocol's error values. */
    readonly value: number,
    message: string,
  ) {
    super(message);
  }
}

/** The protocol's error values for the system's errors; EIO for all others. */
const VALUES: Readonly<Record<string, number>> = {
  EPERM: NBD_ERROR.EPERM,
  EACCES: NBD_ERROR.EPERM,
  EROFS: NBD_ERROR.EPERM,
  ENOMEM: NBD_ERROR.ENOMEM,
  ENOSPC: NBD_ERROR.ENOSPC,
  EDQUOT: NBD_ERROR.ENOSPC,
  EFBIG: NBD_ERROR.ENOSPC,
  ENOTSUP: NBD_ERROR.ENOTSUP,
  EOPNOTSUPP: NBD_ERROR.ENOTSUP,
};

/** The protocol's error value for an error that a disk threw. */
export function nbdErrorValue(error: unknown): number {
  if (error instanceof RequestError) return error.value;
  if (error instanceof RangeError) return NBD_ERROR.ENOMEM; // no memory for a buffer
  return VALUES[String((error as { code?: unknown } | null)?.code)] ?? NBD_ERROR.EIO;
}

import { NBD_ERROR } from "./protocol.ts";

/** No export can be used: no server listens there, or the server refuses what the client needs. */
export class NbdConnectError extends Error {
  /** The name of this kind of error. */
  override readonly name = "NbdConnectError";
}

/** The connection ended before the server had answered; no request can be sent on it any more. */
export class NbdDisconnectedError extends Error {
  /** The name of this kind of error. */
  override readonly name = "NbdDisconnectedError";
}

/** The server did not answer in time. The client has closed the connection. */
export class NbdTimeoutError extends Error {
  /** The name of this kind of error. */
  override readonly name = "NbdTimeoutError";
}

/** The server answered a request with an error. The connection can be used on. */
export class NbdRequestError extends Error {
  /** The name of this kind of error. */
  override readonly name = "NbdRequestError";
  /** The error in the system's words: `Input/output error`. */
  readonly reason: string;

  /** Build the error; `request` says which request failed: `read 512 bytes at 0`. */
  constructor(
    request: string,
    /** The error value of the reply. NBD protocol, section "Error values". */
    readonly value: number,
    /** The text that the server sent along; empty if it sent none. */
    readonly serverText = "",
  ) {
    const reason = REASONS[value] ?? `error ${value}`;
    super(`Cannot ${request}: ${reason}${serverText === "" ? "" : ` (${serverText})`}`);
    this.reason = reason;
  }
}

/** The words that Linux has for the values. */
const REASONS: Readonly<Record<number, string>> = {
  [NBD_ERROR.EPERM]: "Operation not permitted",
  [NBD_ERROR.EIO]: "Input/output error",
  [NBD_ERROR.ENOMEM]: "Cannot allocate memory",
  [NBD_ERROR.EINVAL]: "Invalid argument",
  [NBD_ERROR.ENOSPC]: "No space left on device",
  [NBD_ERROR.EOVERFLOW]: "Value too large for defined data type",
  [NBD_ERROR.ENOTSUP]: "Operation not supported",
  [NBD_ERROR.ESHUTDOWN]: "Cannot send after transport endpoint shutdown",
};

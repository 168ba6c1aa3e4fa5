/** A violation of the protocol by the peer after which its data cannot be parsed. */
export class ProtocolError extends Error {
  /** The name of this kind of error. */
  override readonly name = "ProtocolError";
}

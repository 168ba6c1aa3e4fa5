/** The other side breaks the protocol in a way after which nothing it sends can be understood. */
export class ProtocolError extends Error {
  /** The name of this kind of error. */
  override readonly name = "ProtocolError";
}

/** A connection, for example one of `Deno.listen`. */
export interface ByteStream {
  /** Read available bytes into `into`, and return their number; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Write bytes from the start of `bytes`, and return their number. */
  write(bytes: Uint8Array): Promise<number>;
  /** Close the connection; pending reads and writes fail. */
  close(): void;
}

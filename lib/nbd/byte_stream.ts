/** Both ways of a connection; that of `Deno.listen` is one. */
export interface ByteStream {
  /** Read what is there into the start of `into`; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Write from the start of `bytes`; answers how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** End it; what waits for it fails. */
  close(): void;
}

/** A range of a disk to read as a stream. */
export interface ReadableRange {
  /** Where it starts, in bytes. */
  readonly startBytes: bigint;
  /** Where it ends, in bytes. */
  readonly endBytes: bigint;
  /** Fills `into` from an offset on. */
  readonly read: (offset: bigint, into: Uint8Array) => Promise<unknown>;
}

/** The size of one read in bytes, unless the reader brings a buffer. */
const CHUNK_BYTES = 1 << 18;

/** A stream of the bytes of a range; it reads one chunk ahead. */
export function readableStream({ startBytes, endBytes, read }: ReadableRange): ReadableStream<
  Uint8Array<ArrayBuffer>
> {
  let at = startBytes;
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        const left = endBytes - at;
        const request = controller.byobRequest;
        const view = request?.view;
        if (left > 0n) {
          const room = view
            ? new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
            : new Uint8Array(left < CHUNK_BYTES ? Number(left) : CHUNK_BYTES);
          const into = left < room.length ? room.subarray(0, Number(left)) : room;
          await read(at, into);
          at += BigInt(into.length);
          if (request) request.respond(into.length);
          else controller.enqueue(into);
        }
        if (at < endBytes) return;
        controller.close();
        // An empty response ends the wait of a reader that brought a buffer.
        controller.byobRequest?.respond(0);
      },
    },
    { highWaterMark: CHUNK_BYTES },
  );
}

/** The target of a writable stream. */
export interface WritableTarget {
  /** Where it starts, in bytes. */
  readonly startBytes: bigint;
  /** Stores bytes from an offset on. */
  readonly write: (offset: bigint, bytes: Uint8Array) => Promise<unknown>;
  /** Makes them durable. */
  readonly flush: () => Promise<unknown>;
}

/** A stream that writes bytes in order, and flushes when it is closed. */
export function writableStream({ startBytes, write, flush }: WritableTarget): WritableStream<
  Uint8Array
> {
  let at = startBytes;
  return new WritableStream<Uint8Array>(
    {
      async write(bytes) {
        await write(at, bytes);
        at += BigInt(bytes.length);
      },
      async close() {
        await flush();
      },
    },
    { highWaterMark: CHUNK_BYTES, size: (bytes) => bytes.length },
  );
}

/** A part of a disk, to be read as a stream. */
export interface ReadableRange {
  /** Where it starts, in bytes. */
  readonly startBytes: bigint;
  /** Where it ends, in bytes. */
  readonly endBytes: bigint;
  /** Fills `into` from an offset on. */
  readonly read: (offset: bigint, into: Uint8Array) => Promise<unknown>;
}

/** What is read at a time, unless the reader brings a buffer, in bytes. */
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
        // A reader that waits with a buffer of its own is told by an answer of nothing.
        controller.byobRequest?.respond(0);
      },
    },
    { highWaterMark: CHUNK_BYTES },
  );
}

/** Where a stream of bytes is written to. */
export interface WritableTarget {
  /** Where it starts, in bytes. */
  readonly startBytes: bigint;
  /** Stores bytes from an offset on. */
  readonly write: (offset: bigint, bytes: Uint8Array) => Promise<unknown>;
  /** Makes them durable. */
  readonly flush: () => Promise<unknown>;
}

/** A stream that stores bytes one after the other, and flushes when it is closed. */
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

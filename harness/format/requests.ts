/**
 * Requests of a format to its file, in a line each. An operation yields them: `yield FLUSH`, and
 * `yield*` for the others, which are operations themselves.
 *
 * All of them go to slot 0, the file under test. A format that needs more (discards of the file,
 * a second file) yields the request values of `Request` itself.
 *
 * @module
 */
import type { FlushRequest, Operation } from "../../lib/storage/mod.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/**
 * The label of reads that pass data on to the caller without looking at it, see
 * {@linkcode readData}.
 */
export const DATA_LABEL = "data";

/**
 * Make every write durable that completed before this request: the request to yield.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FLUSH, write } from "@powercut/powercut";
 * import { MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * function* append(at: number, record: Uint8Array) {
 *   yield* write(at, record);
 *   yield FLUSH;
 * }
 * const file = new MemoryStorage();
 * runSync(append(0, new Uint8Array([7])), [file]);
 * assertEquals(file.toBytes(), new Uint8Array([7]));
 * ```
 */
export const FLUSH: FlushRequest = Object.freeze({
  kind: "flush",
  file: 0,
  scope: "data",
  label: "flush",
});

/**
 * Read `lengthBytes` of the file from `offsetBytes` on, for the format to look at: metadata,
 * checksums, lengths. Past the end of the file there are zeroes. `label` says for what, in reports.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { read } from "@powercut/powercut";
 * import { MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage(new Uint8Array([7, 8]));
 * assertEquals(runSync(read(1, 2), [file]), new Uint8Array([8, 0]));
 * ```
 */
export function* read(
  offsetBytes: number,
  lengthBytes: number,
  label = "metadata",
): Operation<Uint8Array> {
  const into = new Uint8Array(lengthBytes);
  yield { kind: "read", file: 0, offsetBytes, into, label };
  return into;
}

/**
 * Read data that the format passes on to its caller without looking at it, straight into the buffer
 * that `read` of a format was given, or a part of it. The explorer then checks each version of it that
 * a crash may leave by itself, instead of running recovery for every combination. Bytes that decide
 * anything (a checksum over them, a length in them) are to be fetched with {@linkcode read}.
 *
 * @example
 * ```ts
 * import { defineFormat, explore, FLUSH, readData, write } from "@powercut/powercut";
 *
 * const raw = defineFormat({
 *   name: "raw",
 *   sizeBytes: 1024,
 *   create: () => new Uint8Array(1024),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {
 *     yield FLUSH;
 *   },
 * });
 * explore(raw).assertClean();
 * ```
 */
export function* readData(offsetBytes: number, into: Uint8Array): Operation<void> {
  const moved = yield { kind: "read", file: 0, offsetBytes, into, label: DATA_LABEL };
  into.fill(0, moved);
}

/**
 * Write `bytes` to the file at `offsetBytes`; it grows where needed. Not durable before a flush.
 * `label` says for what, in reports.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { write } from "@powercut/powercut";
 * import { MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage();
 * runSync(write(1, new Uint8Array([5]), "record"), [file]);
 * assertEquals(file.toBytes(), new Uint8Array([0, 5]));
 * ```
 */
export function* write(offsetBytes: number, bytes: Uint8Array, label = "write"): Operation<void> {
  yield { kind: "write", file: 0, offsetBytes, bytes, label };
}

/**
 * Set the size of the file: bytes added read as zeroes, bytes past the new end are lost.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { resize } from "@powercut/powercut";
 * import { MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage();
 * runSync(resize(512), [file]);
 * assertEquals(file.toBytes().length, 512);
 * ```
 */
export function* resize(sizeBytes: number, label = "size"): Operation<void> {
  yield { kind: "resize", file: 0, sizeBytes, label };
}

/**
 * The size of the file, in bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fileSize } from "@powercut/powercut";
 * import { MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * assertEquals(runSync(fileSize(), [new MemoryStorage(new Uint8Array(7))]), 7);
 * ```
 */
export function* fileSize(): Operation<number> {
  return yield { kind: "size", file: 0 };
}

/**
 * Run an operation for each 512 bytes of a buffer, with its number from 0 on: for formats that store
 * sector by sector.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bySector, write } from "@powercut/powercut";
 * import { MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * const sectors = [1, 0]; // the other way round
 * const bytes = new Uint8Array(1024).fill(7, 0, 512);
 * const file = new MemoryStorage();
 * runSync(bySector(bytes, (piece, i) => write(sectors[i] * 512, piece)), [file]);
 * assertEquals([file.toBytes()[0], file.toBytes()[512]], [0, 7]);
 * ```
 */
export function* bySector(
  bytes: Uint8Array,
  each: (piece: Uint8Array, index: number) => Operation<void>,
): Operation<void> {
  for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
    yield* each(bytes.subarray(at, at + SECTOR_BYTES), at / SECTOR_BYTES);
  }
}

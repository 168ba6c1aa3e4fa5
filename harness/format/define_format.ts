import type { Operation, SyncStorage } from "../../lib/storage/mod.ts";
import type { ByteSource } from "../log/write_log.ts";
import type { DescribedWrite, GuestRange, Inspection } from "../target/target.ts";
import type { Subject } from "../target/subject.ts";
import type { DiskShape } from "../workload/disk_shape.ts";
import { checkDefinition } from "./check_definition.ts";
import { withCheckedOperations } from "./checked_operations.ts";
import { FormatBinding } from "./format_binding.ts";

/**
 * A storage format: how a file of it is created, opened after a crash, read and written. It is seen
 * from outside as a disk of `sizeBytes` bytes; what a sector of that disk stands for (a block, the
 * value of a key, a place in a log) is up to the format.
 *
 * All methods but `create` are operations: generators that yield storage requests (see `read`, `write`
 * and `FLUSH`). They must be deterministic: what they do depends on what they read and on the session,
 * not on clocks, random numbers or anything outside.
 */
export interface FormatDefinition<Session> {
  /** The name, for reports and replay tokens: letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /** The size of the disk that the format stores, in bytes; a multiple of `unitBytes`. */
  readonly sizeBytes: number;
  /** The bytes of a fresh file. All of the disk reads as zeroes on it. */
  create(): Uint8Array;
  /**
   * Open the file and recover from a crash, as a user of the format would. The answer is passed to
   * all other methods. Throw `FormatRefusal` to refuse the file.
   */
  open(): Operation<Session>;
  /** Fill `into` from `offsetBytes` of the disk on; both are multiples of `alignmentBytes`. */
  read(session: Session, offsetBytes: number, into: Uint8Array): Operation<void>;
  /** Write to the disk. What was written is to survive a crash once a later `flush` has returned. */
  write(session: Session, offsetBytes: number, bytes: Uint8Array): Operation<void>;
  /** Make durable all writes that have returned. */
  flush(session: Session): Operation<void>;
  /** Close the file cleanly. Workloads close and open it again either way. */
  close?(session: Session): Operation<void>;
  /**
   * Check the invariants of an open file: a line for each that is broken, in the same words for the
   * same problem. A format that can lose space answers an `Inspection`, with the bytes lost.
   */
  check?(session: Session): Operation<readonly string[] | Inspection>;
  /** Make the disk larger; what is added reads as zeroes. With it, workloads grow the disk. */
  grow?(session: Session, sizeBytes: number): Operation<void>;
  /** Give up a range, which then reads as zeroes. With it, workloads discard. */
  discard?(session: Session, offsetBytes: number, lengthBytes: number): Operation<void>;
  /** Make a range read as zeroes. With it, workloads write zeroes. */
  writeZeroes?(session: Session, offsetBytes: number, lengthBytes: number): Operation<void>;
  /**
   * All that a session remembers and that decides how it goes on, as a short string. With it, states
   * that recovery makes equal are checked once, and so are orders of requests that lead to the same.
   * Leave it out unless it is complete.
   */
  fingerprint?(session: Session): string;
  /** The meaning of a write to the file, in a few words, for explanations; `before` is the file then. */
  describeWrite?(write: DescribedWrite, before: ByteSource): string | undefined;
  /** Whether an error is a refusal, for formats that throw errors of their own. */
  isRefusal?(error: unknown): boolean;
  /** Called before each crash state; memory of earlier sessions may be used again. */
  beforeEachState?(): void;
  /** The unit in which the format allocates, in bytes; 512 if not given. A multiple of 512. */
  readonly unitBytes?: number;
  /** Writes start and end at multiples of this: 512, or 1 for any place; 512 if not given. */
  readonly alignmentBytes?: 1 | 512;
  /** How much of the disk one table maps, in bytes, if the format has such tables. */
  readonly tableBytes?: number;
  /**
   * How much of the disk is written before each workload, from its start, in whole units. If not
   * given, a unit for formats that discard or write zeroes, and nothing for others.
   */
  readonly preparedBytes?: number;
  /** Files that operations read besides the one under test, by slot from 1 on; none if not given. */
  readonly otherFiles?: readonly SyncStorage[];
  /**
   * Ranges to write after each recovery, which must not change any other sector. If not given, the
   * first and the last unit that the workload does not touch.
   */
  readonly postRecoveryWrites?: readonly GuestRange[];
}

let bind: (binding: FormatBinding) => Format;
let bindingOf: (format: unknown) => FormatBinding | undefined;

/**
 * A format that can be explored; {@linkcode defineFormat} makes it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineFormat, FLUSH, type Format, readData, write } from "@powercut/powercut";
 *
 * function rawFormat(sectors: number): Format {
 *   return defineFormat({
 *     name: `raw-${sectors}`,
 *     sizeBytes: sectors * 512,
 *     create: () => new Uint8Array(sectors * 512),
 *     *open() {},
 *     read: (_, at, into) => readData(at, into),
 *     write: (_, at, bytes) => write(at, bytes),
 *     *flush() {
 *       yield FLUSH;
 *     },
 *   });
 * }
 * assertEquals([rawFormat(8).name, rawFormat(8).sizeBytes], ["raw-8", 4096]);
 * ```
 */
export class Format {
  readonly #binding: FormatBinding;

  static {
    bind = (binding) => new Format(binding);
    bindingOf = (format) =>
      typeof format === "object" && format !== null && #binding in format
        ? format.#binding
        : undefined;
  }

  private constructor(binding: FormatBinding) {
    this.#binding = binding;
  }

  /** The format's name. */
  get name(): string {
    return this.#binding.name;
  }

  /** The size of the disk that it stores, in bytes. */
  get sizeBytes(): number {
    return this.#binding.shape.sizeBytes;
  }
}

/**
 * Define a format to explore. Throws `TypeError` with the name of the field if the definition is not
 * one.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { defineFormat, explore, FLUSH, readData, write } from "@powercut/powercut";
 *
 * // A disk that is its own file, and forgets to flush.
 * const careless = defineFormat({
 *   name: "careless",
 *   sizeBytes: 1024,
 *   create: () => new Uint8Array(1024),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {},
 * });
 * assertThrows(() => explore(careless).assertClean(), Error, "wrong-data");
 * ```
 */
export function defineFormat<Session>(definition: FormatDefinition<Session>): Format {
  checkDefinition(definition);
  return bind(new FormatBinding(withCheckedOperations(definition)));
}

/**
 * A format in the shapes that the parts of the explorer work on: a subject that runs workloads one
 * request after the other, and what generators of workloads have to know. Throws `TypeError` if
 * `format` was not made by {@linkcode defineFormat}.
 */
export function subjectOf(
  format: Format,
): { readonly subject: Subject; readonly shape: DiskShape } {
  const { subject, shape } = bindingFor(format);
  return { subject, shape };
}

/** The target and subject of a format. Throws `TypeError` if `format` was not made by {@linkcode defineFormat}. */
export function bindingFor(format: unknown): FormatBinding {
  const binding = bindingOf(format);
  if (binding) return binding;
  throw new TypeError("format must come from defineFormat");
}

/** Cases that a report checks in the browser, as data: everything that is needed to build their states. */
import {
  type ByteSource,
  type GuestRange,
  type LogEvent,
  PagedStorage,
  type WriteLog,
} from "../../../../harness/advanced.ts";

/** The data of the interactive view. */
export interface LiveData {
  /** Different pieces of bytes, in base 64. */
  readonly pieces: readonly string[];
  /** The cases. */
  readonly cases: readonly LiveCase[];
}

/** A log, and how its states are checked. */
export interface LiveCase {
  readonly preset: string;
  /** The ordering profile of the driver that recovers. */
  readonly profile: string;
  readonly clusterBytes: number;
  readonly postRecoveryWrites: readonly GuestRange[];
  readonly watched: readonly GuestRange[];
  readonly leakedBeforeBytes: number;
  readonly base: LiveSource;
  readonly guestBase: LiveSource;
  /** The events; bytes are numbers of pieces. */
  readonly events: readonly Record<string, unknown>[];
  /** A description of each event. */
  readonly words: readonly string[];
  /** The state that is shown first. */
  readonly start: { readonly event: number; readonly choices: readonly number[] };
}

/** Bytes that are mostly zero. */
export interface LiveSource {
  readonly sizeBytes: number;
  /** Where pieces are, in bytes, and which. */
  readonly parts: readonly (readonly [offsetBytes: number, piece: number])[];
}

const PART_BYTES = 4096;

/** Collects pieces, each of them once. */
export class PieceStore {
  readonly pieces: string[] = [];
  readonly #known = new Map<string, number>();

  /** The number of a piece. */
  numberOf(bytes: Uint8Array): number {
    const text = toBase64(bytes);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, this.pieces.length);
    return this.pieces.push(text) - 1;
  }

  /** Parts of a source that are not zero, within `ranges`. */
  source(source: ByteSource, ranges: readonly GuestRange[]): LiveSource {
    const parts: [number, number][] = [];
    for (const { offsetBytes, lengthBytes } of ranges) {
      for (let at = 0; at < lengthBytes; at += PART_BYTES) {
        const bytes = new Uint8Array(Math.min(PART_BYTES, lengthBytes - at));
        source.read(offsetBytes + at, bytes);
        if (bytes.some((byte) => byte !== 0)) {
          parts.push([offsetBytes + at, this.numberOf(bytes)]);
        }
      }
    }
    return { sizeBytes: source.sizeBytes, parts };
  }

  /** An event with its bytes replaced by the number of a piece. */
  event(event: LogEvent): Record<string, unknown> {
    return "bytes" in event ? { ...event, bytes: this.numberOf(event.bytes) } : { ...event };
  }
}

/** A log from its data. */
export function logOf(
  { base, guestBase, events }: LiveCase,
  pieces: readonly Uint8Array[],
): WriteLog {
  return {
    base: sourceOf(base, pieces),
    guestBase: sourceOf(guestBase, pieces),
    events: events.map((event) =>
      ("bytes" in event ? { ...event, bytes: pieces[Number(event.bytes)] } : event) as LogEvent
    ),
  };
}

function sourceOf({ sizeBytes, parts }: LiveSource, pieces: readonly Uint8Array[]): ByteSource {
  const file = new PagedStorage({ sizeBytes, read: (_, into) => into.fill(0) });
  for (const [offsetBytes, piece] of parts) {
    file.write(offsetBytes, pieces[piece].length, pieces[piece]);
  }
  file.resize(sizeBytes);
  return file;
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Bytes from base 64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

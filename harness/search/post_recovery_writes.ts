import { type Contents, SECTOR_BYTES } from "../model/contents.ts";
import type { GuestRange, Target } from "../target/target.ts";
import { postRecoveryBytes } from "../target/watch_list.ts";

/** A write after recovery. */
export interface PostRecoveryWrite {
  /** Where it goes. */
  readonly range: GuestRange;
  /** Its bytes, different from all other contents. */
  readonly bytes: Uint8Array;
}

/** The writes of a target after recovery, which must not disturb other sectors. */
export class PostRecoveryWrites {
  /** All of them, in their order. */
  readonly all: readonly PostRecoveryWrite[];
  readonly #contents: Contents;

  /** The writes of `target`. */
  constructor(target: Pick<Target, "postRecoveryWrites">, contents: Contents) {
    this.all = target.postRecoveryWrites.map((range) => ({
      range,
      bytes: postRecoveryBytes(range),
    }));
    this.#contents = contents;
  }

  /** Whether one of them touches a range. */
  touches(range: GuestRange): boolean {
    const endBytes = range.offsetBytes + range.lengthBytes;
    return this.all.some(({ range: { offsetBytes, lengthBytes } }) =>
      offsetBytes < endBytes && offsetBytes + lengthBytes > range.offsetBytes
    );
  }

  /** The id of the contents of a guest sector after them; undefined if none writes it. */
  contentOf(sector: number): number | undefined {
    const offsetBytes = sector * SECTOR_BYTES;
    // Where several overlap, the last one counts.
    const last = this.all.findLast(({ range }) =>
      offsetBytes >= range.offsetBytes && offsetBytes < range.offsetBytes + range.lengthBytes
    );
    return last && this.#contents.idOf(last.bytes, offsetBytes - last.range.offsetBytes);
  }

  /** Which of their sectors has these contents, in words; undefined if none has. */
  describe(content: number): string | undefined {
    for (const { range, bytes } of this.all) {
      for (let at = 0; at < range.lengthBytes; at += SECTOR_BYTES) {
        if (this.#contents.idOf(bytes, at) !== content) continue;
        return `what was written to sector ${(range.offsetBytes + at) / SECTOR_BYTES} ` +
          "after the crash";
      }
    }
    return undefined;
  }
}

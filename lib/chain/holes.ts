import * as fs from "node:fs";
import { type Libc, libc } from "../storage/libc.ts";

/** A range of a file that holds data: from `startBytes` up to `endBytes`. */
export interface DataRange {
  /** Where it starts, in bytes. */
  readonly startBytes: number;
  /** Where it ends, in bytes: at a hole or at the end of the file. */
  readonly endBytes: number;
}

/** Values of `whence` for `lseek`, on Linux. */
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/**
 * Finds the holes of a sparse file. Without system calls (not Linux, or no permission) the whole
 * file counts as data, which is slower but gives the same contents.
 */
export class HoleFinder implements Disposable {
  readonly #descriptor: number;

  /** Open the file at `path`. Throws the operating system's error if that fails. */
  constructor(path: string) {
    this.#descriptor = fs.openSync(path, "r");
  }

  /** The first range with data from `offsetBytes` on; undefined if only a hole follows. */
  nextData(offsetBytes: number): DataRange | undefined {
    const fileBytes = fs.fstatSync(this.#descriptor).size;
    if (offsetBytes >= fileBytes) return undefined;
    const everything = { startBytes: offsetBytes, endBytes: fileBytes };
    const system = libc();
    if (!system) return everything;
    const start = this.#seek(system, offsetBytes, SEEK_DATA);
    if (start < 0) return this.#seek(system, offsetBytes, SEEK_HOLE) < 0 ? everything : undefined;
    const end = this.#seek(system, start, SEEK_HOLE);
    return { startBytes: start, endBytes: end > start ? Math.min(end, fileBytes) : fileBytes };
  }

  /** Close the file. */
  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor);
  }

  #seek(system: Libc, offsetBytes: number, whence: number): number {
    return Number(system.lseek(this.#descriptor, BigInt(offsetBytes), whence));
  }
}

/**
 * QEMU's image locks: a process that has an image open holds byte locks on it that say what it
 * does with the image and what it cannot bear others doing. No byte of the image is in the way:
 * the locks are advice, kept by those who know of it. Here they are kept in both directions, so
 * that an image that a virtual machine runs on is not written, and the other way round.
 *
 * Byte 100 + n is locked by who does n, byte 200 + n by who forbids others n (QEMU 7.2, measured).
 *
 * @module
 */
import * as fs from "node:fs";
import { HostError } from "../storage/host_error.ts";
import { type Libc, libc } from "../storage/libc.ts";
import { OpenImages } from "./open_images.ts";

const DOES = 100;
const FORBIDS = 200;
const READ = 0;
const WRITE = 1;
const RESIZE = 3;

/** `fcntl` commands and lock types of Linux; the locks belong to the open file, not the process. */
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** The length of a lock that reaches to the end of the file, however long it becomes. */
const WHOLE_FILE = 0;

/** What this program has locked: all there is to ask where the system keeps no locks. */
const HERE = new OpenImages();

/**
 * Holds the locks of one user of an image until it is disposed of: any number may read it, or one
 * may write it.
 */
export class ImageLock implements Disposable {
  #descriptor: number;
  #registered: Disposable | undefined;

  /**
   * Lock the image at `path` for reading or writing. Where the system cannot be asked it is locked
   * within this program only. Throws {@linkcode HostError} if somebody else, here or in another
   * process, has locked it in a way that forbids this, or does what this forbids.
   */
  constructor(path: string, options: { readonly writable: boolean }) {
    const { writable } = options;
    this.#descriptor = fs.openSync(path, "r");
    try {
      const { dev, ino } = fs.fstatSync(this.#descriptor, { bigint: true });
      this.#registered = HERE.add(`${dev}:${ino}`, writable ? "write" : "read");
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    const system = libc();
    if (!system) return;
    const done = writable ? [READ, WRITE, RESIZE] : [READ];
    for (const action of done) this.#lock(system, DOES + action);
    for (const action of [WRITE, RESIZE]) this.#lock(system, FORBIDS + action);

    const isRefused = done.some((action) => this.#isLocked(system, FORBIDS + action));
    const isDisturbed = [WRITE, RESIZE].some((action) => this.#isLocked(system, DOES + action));
    if (!isRefused && !isDisturbed) return;
    this[Symbol.dispose]();
    throw new HostError(
      isDisturbed
        ? "Another process is writing it"
        : "Another process has it open, and not to share",
    );
  }

  /**
   * Give the locks up. They are given up by name, not just by closing the file: a process that is
   * being started at this moment has a copy of the open file, and with it the locks, until it
   * comes to run its program.
   */
  [Symbol.dispose](): void {
    if (this.#descriptor < 0) return;
    this.#registered?.[Symbol.dispose]();
    libc()?.fcntl(this.#descriptor, F_OFD_SETLK, describeLock(F_UNLCK, 0, WHOLE_FILE));
    fs.closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  #lock(system: Libc, byte: number): void {
    // A file system without locks refuses; then nobody has any.
    system.fcntl(this.#descriptor, F_OFD_SETLK, describeLock(F_RDLCK, byte));
  }

  #isLocked(system: Libc, byte: number): boolean {
    const lock = describeLock(F_WRLCK, byte);
    if (system.fcntl(this.#descriptor, F_OFD_GETLK, lock) !== 0) return false;
    return new DataView(lock.buffer).getInt16(0, true) !== F_UNLCK;
  }
}

/** A `struct flock` of a 64-bit Linux: type, whence (0: the file's start), start, length, process. */
function describeLock(type: number, byte: number, lengthBytes = 1): Uint8Array<ArrayBuffer> {
  const fields = new DataView(new ArrayBuffer(32));
  fields.setInt16(0, type, true);
  fields.setBigInt64(8, BigInt(byte), true);
  fields.setBigInt64(16, BigInt(lengthBytes), true);
  return new Uint8Array(fields.buffer);
}

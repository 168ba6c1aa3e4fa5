/**
 * QEMU's image locks: a process that has an image open holds byte locks on the file for the actions
 * that it performs and for those that it forbids to others. The locks are advisory. This library
 * takes and respects them, so that it does not write an image that a virtual machine uses, and the
 * other way round.
 *
 * A process locks byte 100 + n to perform action n, and byte 200 + n to forbid it (QEMU 7.2,
 * measured).
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

/**
 * `fcntl` commands and lock types of Linux. These locks belong to the open file, not to the
 * process.
 */
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** The length of a lock up to the end of the file, wherever that is. */
const WHOLE_FILE = 0;

/** The images locked by this process, which also works without system locks. */
const HERE = new OpenImages();

/**
 * The lock of one user of an image until it is disposed of: many may read an image, or one may
 * write it.
 */
export class ImageLock implements Disposable {
  #descriptor: number;
  #registered: Disposable | undefined;

  /**
   * Lock the image at `path` for reading or writing; without system calls, within this process
   * only. Throws {@linkcode HostError} if another user, in this process or another one, forbids
   * this use of the image, or does something that this use forbids.
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
        ? "Another process has the image open for writing"
        : "Another process has locked the image",
    );
  }

  /**
   * Release the locks. Closing the file is not enough: a child process that is just being started
   * has a copy of the open file, and so the locks, until it runs its program.
   */
  [Symbol.dispose](): void {
    if (this.#descriptor < 0) return;
    this.#registered?.[Symbol.dispose]();
    libc()?.fcntl(this.#descriptor, F_OFD_SETLK, describeLock(F_UNLCK, 0, WHOLE_FILE));
    fs.closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  #lock(system: Libc, byte: number): void {
    // This fails in a file system without locks, in which no process has any.
    system.fcntl(this.#descriptor, F_OFD_SETLK, describeLock(F_RDLCK, byte));
  }

  #isLocked(system: Libc, byte: number): boolean {
    const lock = describeLock(F_WRLCK, byte);
    if (system.fcntl(this.#descriptor, F_OFD_GETLK, lock) !== 0) return false;
    return new DataView(lock.buffer).getInt16(0, true) !== F_UNLCK;
  }
}

/**
 * A `struct flock` of 64-bit Linux: type, whence (0: the start of the file), start, length,
 * process.
 */
function describeLock(type: number, byte: number, lengthBytes = 1): Uint8Array<ArrayBuffer> {
  const fields = new DataView(new ArrayBuffer(32));
  fields.setInt16(0, type, true);
  fields.setBigInt64(8, BigInt(byte), true);
  fields.setBigInt64(16, BigInt(lengthBytes), true);
  return new Uint8Array(fields.buffer);
}

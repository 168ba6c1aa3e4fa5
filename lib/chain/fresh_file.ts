import * as fs from "node:fs";
import { FileStorage } from "../storage/mod.ts";
import { describeError, HostError } from "../storage/host_error.ts";
import { ImageLock } from "./image_lock.ts";
import { irregularKind } from "./regular_file.ts";

/** Options of a {@linkcode FreshFile}. */
export interface FreshFileOptions {
  /** Whether it may replace an existing file; true by default. */
  readonly replaces?: boolean;
}

/** Options of {@linkcode FreshFile.finish}. */
export interface FinishOptions {
  /** Whether to wait until the file is durable; true by default. */
  readonly isDurable?: boolean;
}

/** The names of a file before and after it is finished. */
interface FreshNames {
  readonly target: string;
  readonly temporary: string;
  readonly replaces: boolean;
}

/**
 * A file that gets its name only when it is complete: it is written under a temporary name in the
 * same folder, made durable and renamed. Until then an existing file of that name does not change.
 * Disposing of an unfinished file removes it.
 */
export class FreshFile implements Disposable {
  /** The file, empty at first. */
  readonly storage: FileStorage;
  readonly #target: string;
  readonly #temporary: string;
  readonly #replaces: boolean;
  #exists = true;

  private constructor(names: FreshNames, storage: FileStorage) {
    this.#target = names.target;
    this.#temporary = names.temporary;
    this.#replaces = names.replaces;
    this.storage = storage;
  }

  /**
   * Create the temporary file for `path`. A symbolic link at `path` is followed. Throws
   * {@linkcode HostError} if `path` is not a regular file, or if the file cannot be created.
   */
  static create(path: string, options: FreshFileOptions = {}): FreshFile {
    const replaces = options.replaces ?? true;
    try {
      const kind = irregularKind(path);
      if (kind !== undefined) throw new HostError(`Is ${kind}, not a regular file`);
      const target = followLinks(path);
      if (fs.existsSync(target)) {
        if (!replaces) throw new HostError("File exists");
        refuseProtected(target);
      }
      return FreshFile.#createBeside(target, replaces);
    } catch (error) {
      throw new HostError(`Could not create '${path}': ${describeError(error)}`, { cause: error });
    }
  }

  static #createBeside(target: string, replaces: boolean): FreshFile {
    const folder = parentFolder(target);
    for (let number = 0;; number++) {
      const temporary = `${folder}/.qed-${Deno.pid}-${number}.tmp`;
      try {
        const storage = FileStorage.open(temporary, "create-new");
        const fresh = new FreshFile({ target, temporary, replaces }, storage);
        fresh.#takePermissions();
        return fresh;
      } catch (error) {
        if ((error as { code?: unknown }).code !== "EEXIST") throw error;
      }
    }
  }

  /**
   * Make the file durable, rename it, and make the name durable too. If it need not be durable,
   * only rename it; a power cut may then leave a file with any contents. Throws
   * {@linkcode HostError} for a failed rename, and the storage's error for a failed flush.
   */
  finish({ isDurable = true }: FinishOptions = {}): void {
    if (isDurable) {
      this.storage.perform({ kind: "flush", file: 0, scope: "file", label: "new file" });
    }
    this.storage.close();
    try {
      if (this.#replaces) fs.renameSync(this.#temporary, this.#target);
      else giveNewName(this.#temporary, this.#target);
      this.#exists = false;
    } catch (error) {
      throw new HostError(`Could not create '${this.#target}': ${describeError(error)}`, {
        cause: error,
      });
    }
    if (isDurable) flushFolder(parentFolder(this.#target));
  }

  /** Take the permissions of the file to replace, before anything is written. */
  #takePermissions(): void {
    const old = fs.statSync(this.#target, { throwIfNoEntry: false });
    if (old) fs.chmodSync(this.#temporary, old.mode & 0o7777);
  }

  /** Close the file; remove it unless it was finished. */
  [Symbol.dispose](): void {
    this.storage.close();
    if (!this.#exists) return;
    this.#exists = false;
    fs.rmSync(this.#temporary, { force: true });
  }
}

/** A rename ignores the permissions and the locks of the file that it replaces. */
function refuseProtected(path: string): void {
  fs.accessSync(path, fs.constants.W_OK);
  new ImageLock(path, { writable: true })[Symbol.dispose]();
}

/** Rename a file unless the name exists by now: a link is only made to a new name. */
function giveNewName(temporary: string, target: string): void {
  try {
    fs.linkSync(temporary, target);
  } catch (error) {
    // The file system has no links. The name did not exist when the file was created.
    if (!["EPERM", "EOPNOTSUPP", "ENOTSUP"].includes(errorCode(error))) throw error;
    fs.renameSync(temporary, target);
    return;
  }
  fs.rmSync(temporary, { force: true });
}

function errorCode(error: unknown): string {
  return String((error as { code?: unknown }).code);
}

/** The path at the end of a chain of symbolic links, which need not exist. */
function followLinks(path: string): string {
  for (let hops = 0, at = path; hops < 40; hops++) {
    const stat = fs.lstatSync(at, { throwIfNoEntry: false });
    if (!stat?.isSymbolicLink()) return at;
    const link = fs.readlinkSync(at);
    at = link.startsWith("/") ? link : `${parentFolder(at)}/${link}`;
  }
  throw new HostError("Too many levels of symbolic links");
}

function parentFolder(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : end === 0 ? "" : path.slice(0, end);
}

/** Make a name in a folder durable, if the file system can; the file itself is durable already. */
function flushFolder(folder: string): void {
  try {
    const descriptor = fs.openSync(folder === "" ? "/" : folder, "r");
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // The file is renamed, but the rename may not survive a power cut.
  }
}

import * as fs from "node:fs";
import { FileStorage } from "../storage/mod.ts";
import { describeError, HostError } from "../storage/host_error.ts";
import { ImageLock } from "./image_lock.ts";
import { irregularKind } from "./regular_file.ts";

/** What a {@linkcode FreshFile} may do. */
export interface FreshFileOptions {
  /** Whether it may take the place of a file that has the name already; true if not given. */
  readonly replaces?: boolean;
}

/** How a {@linkcode FreshFile} is finished. */
export interface FinishOptions {
  /** Whether to wait until it is on its disk; true if not given. */
  readonly isDurable?: boolean;
}

/** What a file is called, before and after. */
interface FreshNames {
  readonly target: string;
  readonly temporary: string;
  readonly replaces: boolean;
}

/**
 * A file that comes to stand under its name only when it is complete: it is written under a
 * temporary name in the same folder, made durable and renamed. Until then a file that has the
 * name already stays as it is; disposing of an unfinished one leaves no trace.
 */
export class FreshFile implements Disposable {
  /** The file, empty at first. */
  readonly storage: FileStorage;
  readonly #target: string;
  readonly #temporary: string;
  readonly #replaces: boolean;
  #isThere = true;

  private constructor(names: FreshNames, storage: FileStorage) {
    this.#target = names.target;
    this.#temporary = names.temporary;
    this.#replaces = names.replaces;
    this.storage = storage;
  }

  /**
   * Begin the file that is to be `path`. A symbolic link there is followed. Throws
   * {@linkcode HostError} if something else than a file stands there, or none can be created.
   */
  static create(path: string, options: FreshFileOptions = {}): FreshFile {
    const replaces = options.replaces ?? true;
    try {
      const kind = irregularKind(path);
      if (kind !== undefined) throw new HostError(`Is ${kind}, not a regular file`);
      const target = followLinks(path);
      if (fs.existsSync(target)) {
        if (!replaces) throw new HostError("There is a file of that name already");
        refuseProtected(target);
      }
      return FreshFile.#createBeside(target, replaces);
    } catch (error) {
      throw new HostError(`Could not create '${path}': ${describeError(error)}`, { cause: error });
    }
  }

  static #createBeside(target: string, replaces: boolean): FreshFile {
    const folder = folderOf(target);
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
   * Make the file durable, give it its name, and make that durable too; or only give it its name,
   * which a power cut may then leave with nothing or anything in it. Throws {@linkcode HostError}
   * if the name cannot be given, and the storage's error for a failed flush.
   */
  finish({ isDurable = true }: FinishOptions = {}): void {
    if (isDurable) {
      this.storage.perform({ kind: "flush", file: 0, scope: "file", label: "new file" });
    }
    this.storage.close();
    try {
      if (this.#replaces) fs.renameSync(this.#temporary, this.#target);
      else giveNewName(this.#temporary, this.#target);
      this.#isThere = false;
    } catch (error) {
      throw new HostError(`Could not create '${this.#target}': ${describeError(error)}`, {
        cause: error,
      });
    }
    if (isDurable) flushFolder(folderOf(this.#target));
  }

  /** Who may not read what is replaced may not read what replaces it, from the first byte on. */
  #takePermissions(): void {
    const old = fs.statSync(this.#target, { throwIfNoEntry: false });
    if (old) fs.chmodSync(this.#temporary, old.mode & 0o7777);
  }

  /** Close the file; remove it unless it was finished. */
  [Symbol.dispose](): void {
    this.storage.close();
    if (!this.#isThere) return;
    this.#isThere = false;
    fs.rmSync(this.#temporary, { force: true });
  }
}

/** Renaming over a file would get around its permissions, and around those who have it open. */
function refuseProtected(path: string): void {
  fs.accessSync(path, fs.constants.W_OK);
  new ImageLock(path, { writable: true })[Symbol.dispose]();
}

/** Rename a file, unless there is one of that name by now: a link is only made to a new name. */
function giveNewName(temporary: string, target: string): void {
  try {
    fs.linkSync(temporary, target);
  } catch (error) {
    // Some file systems know no links. Nothing had the name when the file was begun.
    if (!["EPERM", "EOPNOTSUPP", "ENOTSUP"].includes(codeOf(error))) throw error;
    fs.renameSync(temporary, target);
    return;
  }
  fs.rmSync(temporary, { force: true });
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}

/** The path that a chain of symbolic links ends at, which need not exist. */
function followLinks(path: string): string {
  for (let hops = 0, at = path; hops < 40; hops++) {
    const stat = fs.lstatSync(at, { throwIfNoEntry: false });
    if (!stat?.isSymbolicLink()) return at;
    const link = fs.readlinkSync(at);
    at = link.startsWith("/") ? link : `${folderOf(at)}/${link}`;
  }
  throw new HostError("Too many levels of symbolic links");
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : end === 0 ? "" : path.slice(0, end);
}

/** Make a name in a folder durable; not every file system can, and the file itself is. */
function flushFolder(folder: string): void {
  try {
    const descriptor = fs.openSync(folder === "" ? "/" : folder, "r");
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // The rename has happened; only whether it survives a power cut is unknown.
  }
}

import * as fs from "node:fs";
import { type FileMode, FileStorage } from "../storage/mod.ts";
import { describeError, HostError } from "../storage/host_error.ts";

/**
 * Open an existing regular file. Throws {@linkcode HostError} for anything else before it is
 * opened: opening a pipe would wait for its other end, and devices have no size.
 */
export function openRegularFile(
  path: string,
  mode: Extract<FileMode, "read-only" | "read-write">,
): FileStorage {
  try {
    const kind = fileKind(fs.statSync(path));
    if (kind !== undefined) throw new HostError(`Is ${kind}, not a regular file`);
    return FileStorage.open(path, mode);
  } catch (error) {
    throw new HostError(describeError(error), { cause: error });
  }
}

/**
 * The kind of file at `path` if it is not a regular file; undefined if it is, or does not exist.
 */
export function irregularKind(path: string): string | undefined {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  return stat && fileKind(stat);
}

/**
 * Device and inode of the file at `path`, like {@linkcode FileStorage.identity}; undefined if there
 * is no file or it cannot be accessed.
 */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = fs.statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** The space of the file on its disk in bytes, without holes. */
export function occupiedBytes(path: string): number {
  return fs.statSync(path).blocks * 512;
}

function fileKind(stat: fs.Stats): string | undefined {
  if (stat.isFile()) return undefined;
  if (stat.isDirectory()) return "a directory";
  if (stat.isFIFO()) return "a pipe";
  if (stat.isSocket()) return "a socket";
  return "a device";
}

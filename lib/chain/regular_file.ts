import * as fs from "node:fs";
import { type FileMode, FileStorage } from "../storage/mod.ts";
import { describeError, HostError } from "../storage/host_error.ts";

/**
 * Open an existing regular file. Anything else is refused before it is opened: opening a pipe
 * would wait for its other end, and devices have no size. Throws {@linkcode HostError}.
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

/** What stands at `path`, other than nothing or a regular file; undefined for those two. */
export function irregularKind(path: string): string | undefined {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  return stat && fileKind(stat);
}

/**
 * Device and inode of the file at `path`, as {@linkcode FileStorage.identity} has it; undefined if
 * there is no file, or none that can be looked at.
 */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = fs.statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Bytes that the file takes on its disk; holes take none. */
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

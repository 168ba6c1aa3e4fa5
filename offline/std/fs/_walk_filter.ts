import { basename, join, normalize } from "node:path";
import { toPathString } from "./_to_path_string.ts";
import type { WalkEntry, WalkOptions } from "./walk.ts";

/** What a walk does with an entry: hand it out, go down into it, both or neither. */
export interface WalkStep {
  /** The entry. */
  entry: WalkEntry;
  /** Hand it out. */
  isIncluded: boolean;
  /** Go down into it. */
  isEntered: boolean;
}

/** The step for the directory a walk starts from. */
export function stepForRoot(
  root: string | URL,
  info: Deno.FileInfo,
  options: WalkOptions,
): WalkStep {
  const path = normalize(toPathString(root));
  const { isDirectory, isFile, isSymlink } = info;
  return decide({ path, name: basename(path), isDirectory, isFile, isSymlink }, options, 0);
}

/** The step for something found in a directory; `depth` is how far below the root it is. */
export function stepForChild(
  parent: WalkEntry,
  child: Deno.DirEntry,
  options: WalkOptions,
  depth: number,
): WalkStep {
  const { name, isDirectory, isFile, isSymlink } = child;
  const path = join(parent.path, name);
  return decide({ path, name, isDirectory, isFile, isSymlink }, options, depth);
}

function decide(entry: WalkEntry, options: WalkOptions, depth: number): WalkStep {
  const { exts, match, skip, maxDepth = Infinity } = options;
  if (skip?.some((pattern) => hits(pattern, entry.path))) {
    return { entry, isIncluded: false, isEntered: false };
  }
  const isIncluded = isWantedKind(entry, options) &&
    (exts === undefined || exts.some((ext) => entry.path.endsWith(withDot(ext)))) &&
    (match === undefined || match.some((pattern) => hits(pattern, entry.path)));
  return { entry, isIncluded, isEntered: entry.isDirectory && depth < maxDepth };
}

function isWantedKind(entry: WalkEntry, options: WalkOptions): boolean {
  if (entry.isSymlink) return options.includeSymlinks ?? true;
  return entry.isDirectory ? options.includeDirs ?? true : options.includeFiles ?? true;
}

function withDot(ext: string): string {
  return ext.startsWith(".") ? ext : `.${ext}`;
}

/** Like `test`, but blind to what a global expression remembers of its last match. */
function hits(pattern: RegExp, path: string): boolean {
  return path.search(pattern) >= 0;
}

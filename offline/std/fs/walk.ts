import { stepForChild, stepForRoot, type WalkStep } from "./_walk_filter.ts";

/** Options for {@linkcode walk} and {@linkcode walkSync}. */
export interface WalkOptions {
  /** How far below the root to go: 0 gives the root alone. Default: without end. */
  maxDepth?: number;
  /** Hand out files. Default: `true`. */
  includeFiles?: boolean;
  /** Hand out directories, the root among them. Default: `true`. */
  includeDirs?: boolean;
  /** Hand out symbolic links, which are never followed. Default: `true`. */
  includeSymlinks?: boolean;
  /** Hand out only what ends in one of these extensions, given with or without the dot. */
  exts?: string[];
  /** Hand out only what has a path that one of these matches. */
  match?: RegExp[];
  /** Hand out nothing that has a path that one of these matches, and do not go down into it. */
  skip?: RegExp[];
}

/** Something found on a walk. */
export interface WalkEntry extends Deno.DirEntry {
  /** Its path: that of the root, then the names below it. */
  path: string;
}

/**
 * Walks a directory tree from the top down. What is in a directory comes in no certain order: sort
 * where it matters.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { walk } from "@std/fs";
 *
 * const dir = await Deno.makeTempDir();
 * try {
 *   await Deno.writeTextFile(`${dir}/base.qed`, "");
 *   await Deno.writeTextFile(`${dir}/notes.txt`, "");
 *   const images = await Array.fromAsync(walk(dir, { exts: ["qed"] }));
 *   assertEquals(images.map((image) => image.name), ["base.qed"]);
 * } finally {
 *   await Deno.remove(dir, { recursive: true });
 * }
 * ```
 *
 * @param root path or file URL of the directory to start from
 * @param options how far to go and what to hand out
 * @returns what was found
 */
export async function* walk(
  root: string | URL,
  options: WalkOptions = {},
): AsyncIterableIterator<WalkEntry> {
  yield* walkFrom(stepForRoot(root, await Deno.lstat(root), options), options, 0);
}

/**
 * Walks a directory tree from the top down, and waits for it.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { walkSync } from "@std/fs";
 *
 * const dir = Deno.makeTempDirSync();
 * try {
 *   Deno.mkdirSync(`${dir}/images`);
 *   const below = [...walkSync(dir)].map((entry) => entry.path.slice(dir.length));
 *   assertEquals(below, ["", "/images"]);
 * } finally {
 *   Deno.removeSync(dir, { recursive: true });
 * }
 * ```
 *
 * @param root path or file URL of the directory to start from
 * @param options how far to go and what to hand out
 * @returns what was found
 */
export function* walkSync(
  root: string | URL,
  options: WalkOptions = {},
): IterableIterator<WalkEntry> {
  yield* walkFromSync(stepForRoot(root, Deno.lstatSync(root), options), options, 0);
}

async function* walkFrom(
  step: WalkStep,
  options: WalkOptions,
  depth: number,
): AsyncIterableIterator<WalkEntry> {
  if (step.isIncluded) yield step.entry;
  if (!step.isEntered) return;
  for await (const child of Deno.readDir(step.entry.path)) {
    yield* walkFrom(stepForChild(step.entry, child, options, depth + 1), options, depth + 1);
  }
}

function* walkFromSync(
  step: WalkStep,
  options: WalkOptions,
  depth: number,
): IterableIterator<WalkEntry> {
  if (step.isIncluded) yield step.entry;
  if (!step.isEntered) return;
  for (const child of Deno.readDirSync(step.entry.path)) {
    yield* walkFromSync(stepForChild(step.entry, child, options, depth + 1), options, depth + 1);
  }
}

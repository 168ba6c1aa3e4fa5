import * as fs from "node:fs";
import { relative, resolve } from "node:path";
import { backingPath } from "./backing_path.ts";
import { fileIdentity } from "./regular_file.ts";

/**
 * The name by which the image at `imagePath` refers to the backing file at `path`: from its own
 * folder if both paths are relative, so that the two can be moved together; else as it is. Neither
 * of them needs to exist, but where `path` does, the name leads to it, by way of links or not.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backingName } from "./backing_name.ts";
 *
 * assertEquals(backingName("images/overlay.qed", "images/base.qed"), "base.qed");
 * assertEquals(backingName("today/overlay.qed", "base.qed"), "../base.qed");
 * assertEquals(backingName("overlay.qed", "/srv/base.qed"), "/srv/base.qed");
 * ```
 */
export function backingName(imagePath: string, path: string): string {
  if (path.startsWith("/")) return path;
  const folder = imagePath.slice(0, imagePath.lastIndexOf("/") + 1) || ".";
  const name = relative(folder, path);
  // A colon would be the end of a protocol's name.
  const safe = /^[^/]*:/.test(name) ? `./${name}` : name;
  const wanted = fileIdentity(path);
  if (wanted === undefined || fileIdentity(backingPath(imagePath, safe)) === wanted) return safe;
  // `..` leads elsewhere behind a link to a folder.
  return fs.realpathSync(resolve(path));
}

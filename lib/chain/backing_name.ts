import * as fs from "node:fs";
import { relative, resolve } from "node:path";
import { backingPath } from "./backing_path.ts";
import { fileIdentity } from "./regular_file.ts";

/**
 * The name for the backing file at `path` in the image at `imagePath`: relative to the folder of
 * the image if both paths are relative, so that the two can be moved together; otherwise `path`
 * itself. Neither file needs to exist. If `path` does, the name leads to it, also through symbolic
 * links.
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
  // A colon would end the name of a protocol.
  const safe = /^[^/]*:/.test(name) ? `./${name}` : name;
  const wanted = fileIdentity(path);
  if (wanted === undefined || fileIdentity(backingPath(imagePath, safe)) === wanted) return safe;
  // `..` after a symbolic link to a folder leads elsewhere.
  return fs.realpathSync(resolve(path));
}

import { HostError } from "../storage/host_error.ts";

/**
 * Where a backing file is, by its name in an image: a relative name starts from the folder of the
 * image that holds it. `file:` may stand before the name; any other protocol is refused with a
 * {@linkcode HostError}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backingPath } from "./backing_path.ts";
 *
 * assertEquals(backingPath("images/overlay.qed", "base.raw"), "images/base.raw");
 * assertEquals(backingPath("overlay.qed", "/srv/base.raw"), "/srv/base.raw");
 * ```
 */
export function backingPath(imagePath: string, name: string): string {
  const protocol = /^([^/:]*):/.exec(name)?.[1];
  if (protocol !== undefined && protocol !== "file") {
    throw new HostError(`The name '${name}' asks for the protocol '${protocol}', not for a file`);
  }
  const path = protocol === undefined ? name : name.slice("file:".length);
  const folderEnd = imagePath.lastIndexOf("/") + 1;
  return path.startsWith("/") ? path : imagePath.slice(0, folderEnd) + path;
}

import { HostError } from "../storage/host_error.ts";

/**
 * The path of a backing file from its name in an image: a relative name is relative to the folder
 * of the image. The name may start with `file:`; for any other protocol this throws
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
    throw new HostError(
      `The name '${name}' has the protocol '${protocol}', which is not supported`,
    );
  }
  const path = protocol === undefined ? name : name.slice("file:".length);
  const folderEnd = imagePath.lastIndexOf("/") + 1;
  return path.startsWith("/") ? path : imagePath.slice(0, folderEnd) + path;
}

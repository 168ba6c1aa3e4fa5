import { fileURLToPath } from "node:url";

/** The path of a file URL; a path as it is. */
export function toPathString(pathOrUrl: string | URL): string {
  return pathOrUrl instanceof URL ? fileURLToPath(pathOrUrl) : pathOrUrl;
}

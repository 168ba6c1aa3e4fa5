import { HostError, identityOf, type ImageChain } from "../host/mod.ts";

/**
 * How deep in a chain the file at `path` is: 1 is the backing file. Throws {@linkcode HostError} if
 * it is not behind the image.
 */
export function depthOf(chain: ImageChain, path: string): number {
  const identity = identityOf(path);
  const depth = chain.layers.findIndex(({ storage }) => storage.identity === identity);
  if (depth > 0) return depth;
  throw new HostError(`Did not find '${path}' in the backing chain of '${chain.top.path}'`);
}

import { fileIdentity, HostError, ImageChain, type OpenChainOptions } from "../../lib/chain/mod.ts";

/**
 * Look at a chain before anything is written: how deep the file at `basePath` is in it, the backing
 * file if none is named. Throws {@linkcode HostError} if the image has no backing file, or not that.
 */
export function baseDepthOf(
  path: string,
  options: OpenChainOptions,
  basePath: string | undefined,
): number {
  using chain = ImageChain.open(path, options);
  if (chain.image.backingName === undefined) {
    throw new HostError(`Image '${path}' does not have a backing file`);
  }
  return basePath === undefined ? 1 : depthOf(chain, basePath);
}

/**
 * How deep in a chain the file at `path` is: 1 is the backing file. Throws {@linkcode HostError} if
 * it is not in the backing chain of the image.
 */
function depthOf(chain: ImageChain, path: string): number {
  const identity = fileIdentity(path);
  const depth = chain.layers.findIndex(({ storage }) => storage.identity === identity);
  if (depth > 0) return depth;
  throw new HostError(`Did not find '${path}' in the backing chain of '${chain.top.path}'`);
}

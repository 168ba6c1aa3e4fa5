import { readTextFile } from "../kit/files.ts";
import { didYouMean } from "../kit/nearest.ts";
import { UsageError } from "../kit/usage_error.ts";
import { type Adapter, parseAdapter } from "./adapter.ts";

/** The adapters that come with the kit, by their names. */
export const SHIPPED: readonly string[] = ["qed", "qemu-img"];

/**
 * Load an adapter: a file if the name ends with `.json`, else one of {@linkcode SHIPPED}. Throws
 * {@linkcode UsageError} if there is none, or if it makes no sense.
 */
export function loadAdapter(nameOrFile: string): Adapter {
  if (nameOrFile.endsWith(".json")) return parseAdapter(readTextFile(nameOrFile), nameOrFile);
  if (!SHIPPED.includes(nameOrFile)) {
    const hint = didYouMean(nameOrFile, SHIPPED) || " (the name of a file must end with .json)";
    throw new UsageError(`unknown adapter '${nameOrFile}'${hint}`);
  }
  const url = new URL(`./adapters/${nameOrFile}.json`, import.meta.url);
  return parseAdapter(Deno.readTextFileSync(url), `adapter ${nameOrFile}`);
}

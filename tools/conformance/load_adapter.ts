import { nearest } from "../kit/nearest.ts";
import { UsageError } from "../kit/usage_error.ts";
import { type Adapter, parseAdapter } from "./adapter.ts";

/** The adapters that come with the kit, by their names. */
export const SHIPPED: readonly string[] = ["qed", "qemu-img"];

/**
 * Load an adapter: a file if the name ends with `.json`, else one of {@linkcode SHIPPED}. Throws
 * {@linkcode UsageError} if there is none, or if it makes no sense.
 */
export function loadAdapter(nameOrFile: string): Adapter {
  if (nameOrFile.endsWith(".json")) return parseAdapter(readText(nameOrFile), nameOrFile);
  if (!SHIPPED.includes(nameOrFile)) {
    const likely = nearest(nameOrFile, SHIPPED);
    const hint = likely ? `; did you mean '${likely}'?` : ` (a file's name must end with .json)`;
    throw new UsageError(`There is no adapter '${nameOrFile}'${hint}`);
  }
  const url = new URL(`./adapters/${nameOrFile}.json`, import.meta.url);
  return parseAdapter(Deno.readTextFileSync(url), `adapter ${nameOrFile}`);
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new UsageError(`Cannot read '${path}': ${(error as Error).message}`);
  }
}

/** The JSON that a command has printed; undefined if it is none. */
export function parseOutput(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes), exactIntegers);
  } catch {
    return undefined;
  }
}

/** Numbers past 2^53 keep all their digits, as text. */
function exactIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isInexact = typeof value === "number" && !Number.isSafeInteger(value);
  return isInexact && context?.source !== undefined && /^-?\d+$/.test(context.source)
    ? context.source
    : value;
}

/**
 * What is at a path of keys, with dots between them; undefined if nothing is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jsonAt } from "./json_output.ts";
 *
 * assertEquals(jsonAt({ disk: { size: 7 } }, "disk.size"), 7);
 * assertEquals(jsonAt({ disk: 7 }, "disk.size"), undefined);
 * ```
 */
export function jsonAt(json: unknown, path: string): unknown {
  let at = json;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

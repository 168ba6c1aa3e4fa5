import { UsageError } from "./usage_error.ts";

/** What is known as `name`. Throws {@linkcode UsageError} that lists the names there are. */
export function lookUp<T>(what: string, name: string, known: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(known, name)) return known[name];
  throw new UsageError(`unknown ${what} "${name}": one of ${Object.keys(known).join(", ")}`);
}

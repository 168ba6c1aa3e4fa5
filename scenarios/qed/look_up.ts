import { type Preset, presetNamed, PRESETS } from "../../harness/mod.ts";
import { UsageError } from "./usage_error.ts";

/** What is known as `name`. Throws {@linkcode UsageError} that lists the names there are. */
export function lookUp<T>(what: string, name: string, known: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(known, name)) return known[name];
  throw new UsageError(`unknown ${what} "${name}": one of ${Object.keys(known).join(", ")}`);
}

/** The fault preset known as `name`. Throws {@linkcode UsageError} that lists the names there are. */
export function lookUpPreset(name: string): Preset {
  return presetNamed(name) ?? lookUp("preset", name, PRESETS);
}

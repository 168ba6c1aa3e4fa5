import { type Preset, presetNamed, PRESETS } from "../../harness/advanced.ts";

/** A name that is not among the known ones. */
export class UnknownNameError extends TypeError {
  /** The name of this kind of error. */
  override readonly name = "UnknownNameError";

  /** `what` says what has names, for example "preset". */
  constructor(
    readonly what: string,
    readonly given: string,
    readonly known: readonly string[],
  ) {
    super(`unknown ${what} '${given}': one of ${known.join(", ")}`);
  }
}

/** The value known as `name`. Throws {@linkcode UnknownNameError} if there is none. */
export function lookUp<T>(what: string, name: string, known: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(known, name)) return known[name];
  throw new UnknownNameError(what, name, Object.keys(known));
}

/** The fault preset known as `name`. Throws {@linkcode UnknownNameError} if there is none. */
export function lookUpPreset(name: string): Preset {
  return presetNamed(name) ?? lookUp("preset", name, PRESETS);
}

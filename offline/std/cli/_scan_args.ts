import type { Declarations } from "./_declarations.ts";

/** One option, its value, and the argument that it is in. */
export interface OptionItem {
  kind: "option";
  arg: string;
  name: string;
  value: string | boolean;
}

/** One option, or one operand and where it is. */
export type Item = OptionItem | { kind: "operand"; arg: string; index: number };

/** The options that one argument sets, and whether the last of them took the next argument. */
interface Scanned {
  settings: Setting[];
  tookNext: boolean;
}

type Setting = [name: string, value: string | boolean];

/** Splits the arguments before `--` into options and operands. */
export function* scanArgs(args: readonly string[], declared: Declarations): Generator<Item> {
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    const scanned = /^--./s.test(arg)
      ? scanLong(arg.slice(2), args[index + 1], declared)
      : /^-[^-]/s.test(arg)
      ? scanShort(arg.slice(1), args[index + 1], declared)
      : undefined;
    if (scanned === undefined) {
      yield { kind: "operand", arg, index };
      continue;
    }
    for (const [name, value] of scanned.settings) yield { kind: "option", arg, name, value };
    if (scanned.tookNext) index++;
  }
}

/** As the original does it, `--no-name=value` sets `name`, negatable or not. */
function scanLong(text: string, next: string | undefined, declared: Declarations): Scanned {
  const positive = text.replace(/^no-/, "");
  const equals = positive.indexOf("=", 1);
  if (equals > 0) {
    const name = positive.slice(0, equals);
    const value = positive.slice(equals + 1);
    return withoutNext([name, declared.isBoolean(name) ? value !== "false" : value]);
  }
  if (positive !== text && declared.isNegatable(positive)) return withoutNext([positive, false]);
  const usable = next?.startsWith("-") ? undefined : next;
  return takeNext(text, usable, declared.isLongFlag(text), declared);
}

/** A group as in `-abc`: a letter may have its value in the group, the last one also after it. */
function scanShort(group: string, next: string | undefined, declared: Declarations): Scanned {
  const settings: Setting[] = [];
  const last = group.length - 1;
  for (let index = 0; index < last; index++) {
    const letter = group[index];
    const value = attachedValue(letter, group.slice(index + 1));
    settings.push([letter, value ?? withoutValue(letter, declared)]);
    if (value !== undefined) return { settings, tookNext: false };
  }
  const letter = group[last];
  const usable = next !== undefined && /^--?[^-]/s.test(next) ? undefined : next;
  const taken = takeNext(letter, usable, declared.isBoolean(letter), declared);
  return { settings: [...settings, ...taken.settings], tookNext: taken.tookNext };
}

/**
 * The value that a letter has in its own group: after `=`, up to a number, or from punctuation on.
 * As the original does it, the `=` may come after other letters, which it leaves out.
 */
function attachedValue(letter: string, rest: string): string | undefined {
  if (rest === "=") return "";
  if (rest === "-") return "-";
  if (/[A-Za-z]/.test(letter)) {
    const assigned = /=(.+)/.exec(rest);
    if (assigned !== null) return assigned[1];
    if (/\d\.?$/.test(rest)) return rest;
  }
  return /^\W./s.test(rest) ? rest : undefined;
}

/** A flag takes the next argument only if that is `true` or `false`. */
function takeNext(
  name: string,
  next: string | undefined,
  isFlag: boolean,
  declared: Declarations,
): Scanned {
  if (next && !isFlag) return { settings: [[name, next]], tookNext: true };
  if (next === "true" || next === "false") {
    return { settings: [[name, next === "true"]], tookNext: true };
  }
  return withoutNext([name, withoutValue(name, declared)]);
}

function withoutNext(setting: Setting): Scanned {
  return { settings: [setting], tookNext: false };
}

function withoutValue(name: string, declared: Declarations): string | boolean {
  return declared.isString(name) ? "" : true;
}

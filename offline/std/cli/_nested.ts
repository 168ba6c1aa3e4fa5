/** An object that holds values under dotted names. */
export type Nested = Record<string, unknown>;

/** Names that would reach the prototype of every object. */
const FORBIDDEN: readonly string[] = ["__proto__", "constructor"];

/** Stores a value under a dotted name; a name that would reach a prototype stores nothing. */
export function setNested(target: Nested, name: string, value: unknown): void {
  const path = name.split(".");
  const last = path.pop() as string;
  let inner = target;
  for (const part of path) {
    if (FORBIDDEN.includes(part)) return;
    if (!Object.hasOwn(inner, part)) inner[part] = {};
    inner = inner[part] as Nested;
  }
  if (!FORBIDDEN.includes(last)) inner[last] = value;
}

/** The value under a dotted name, `undefined` if there is none. */
export function getNested(target: Nested, name: string): unknown {
  let inner: unknown = target;
  for (const part of name.split(".")) {
    if (!isNested(inner) || !Object.hasOwn(inner, part)) return undefined;
    inner = inner[part];
  }
  return inner;
}

/** Whether there is a value under a dotted name, be it `undefined`. */
export function hasNested(target: Nested, name: string): boolean {
  const path = name.split(".");
  const last = path.pop() as string;
  const holder = path.length === 0 ? target : getNested(target, path.join("."));
  return isNested(holder) && Object.hasOwn(holder, last);
}

function isNested(value: unknown): value is Nested {
  return typeof value === "object" && value !== null;
}

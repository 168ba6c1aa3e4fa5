/** The pairs around the one that is compared; a cycle comes back to one of them. */
type Path = [one: object, other: object][];

/**
 * Whether two values have the same prototype and the same contents. `0` equals `-0`, and `NaN`
 * equals itself. Members of a Set and keys of a Map have no order.
 *
 * @throws {TypeError} for two WeakMaps or WeakSets, whose contents nobody can know
 */
export function equal(one: unknown, other: unknown): boolean {
  return isSame(one, other, []);
}

function isSame(one: unknown, other: unknown, path: Path): boolean {
  if (one === other || (Number.isNaN(one) && Number.isNaN(other))) return true;
  if (!isObject(one) || !isObject(other) || prototypeOf(one) !== prototypeOf(other)) return false;
  if (path.some((pair) => pair[0] === one && pair[1] === other)) return true;
  path.push([one, other]);
  const isEqual = isSameObject(one, other, path);
  path.pop();
  return isEqual;
}

function isSameObject(one: object, other: object, path: Path): boolean {
  if (one instanceof WeakMap || one instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${one.constructor.name} instances`);
  }
  if (one instanceof WeakRef) return isSame(one.deref(), (other as typeof one).deref(), path);
  if (one instanceof Date) return isSame(one.getTime(), (other as Date).getTime(), path);
  if (one instanceof RegExp || one instanceof URL || one instanceof URLSearchParams) {
    return String(one) === String(other);
  }
  if (one instanceof Uint8Array) return hasSameBytes(one, other as Uint8Array);
  if (one instanceof ArrayBuffer) {
    return hasSameBytes(new Uint8Array(one), new Uint8Array(other as ArrayBuffer));
  }
  if (ArrayBuffer.isView(one) && !(one instanceof DataView)) {
    return isSame([...one as Float64Array], [...other as Float64Array], path);
  }
  if (one instanceof Set) return hasSameMembers(one, other as typeof one, path);
  if (one instanceof Map) return hasSameEntries(one, other as typeof one, path);
  const keys = keysOf(one);
  return keys.length === keysOf(other).length &&
    keys.every((key) =>
      key in other && isSame((one as Properties)[key], (other as Properties)[key], path)
    );
}

type Properties = Record<string | symbol, unknown>;

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** An object without a prototype counts as a plain one. */
function prototypeOf(object: object): object {
  return Object.getPrototypeOf(object) ?? Object.prototype;
}

function hasSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) {
    if (one[index] !== other[index]) return false;
  }
  return true;
}

function hasSameMembers(one: Set<unknown>, other: Set<unknown>, path: Path): boolean {
  if (one.size !== other.size) return false;
  const left = [...one].filter((member) => !other.has(member));
  const otherLeft = left.length > 0 ? [...other].filter((member) => !one.has(member)) : [];
  return isPermutation(left, otherLeft, path);
}

function hasSameEntries(
  one: Map<unknown, unknown>,
  other: Map<unknown, unknown>,
  path: Path,
): boolean {
  if (one.size !== other.size) return false;
  const left = new Map<unknown, unknown>();
  for (const [key, value] of one) {
    if (!other.has(key) || !isSame(value, other.get(key), path)) left.set(key, value);
  }
  if (left.size === 0) return true;
  const otherLeft = [...other].filter(([key]) => !one.has(key) || left.has(key));
  return isPermutation([...left], otherLeft, path);
}

function isPermutation(one: unknown[], other: unknown[], path: Path): boolean {
  return one.length === other.length && one.every((member) => {
    const index = other.findIndex((candidate) => isSame(member, candidate, path));
    if (index >= 0) other.splice(index, 1);
    return index >= 0;
  });
}

/** Own properties that can be enumerated, of errors all, and those that a prototype computes. */
function keysOf(object: object): (string | symbol)[] {
  const computed = computedKeys(prototypeOf(object));
  if (object instanceof Error) return [...Reflect.ownKeys(object), ...computed];
  return [...Object.keys(object), ...Object.getOwnPropertySymbols(object), ...computed];
}

const computedKeysByPrototype = new WeakMap<object, string[]>();

function computedKeys(prototype: object): string[] {
  if (prototype === Object.prototype) return [];
  const known = computedKeysByPrototype.get(prototype);
  if (known !== undefined) return known;
  const properties = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  const keys = properties.filter(([, { get }]) => get !== undefined).map(([key]) => key);
  const all = [...keys, ...computedKeys(prototypeOf(prototype))];
  computedKeysByPrototype.set(prototype, all);
  return all;
}

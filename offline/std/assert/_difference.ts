import { AssertionError as NodeAssertionError } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { brief } from "./_message.ts";

const BYTES_PER_ROW = 16;

/**
 * Tells how two unequal values differ: the path to the first difference, then a line diff of both.
 * Of two byte arrays it shows the rows around the difference instead: a diff of thousands of lines
 * with a number each says nothing, and takes long to make.
 */
export function describeDifference(actual: unknown, expected: unknown): string {
  const difference = firstDifference(actual, expected);
  const place = difference.path === "" ? "" : `first difference at ${difference.path}: ` +
    `${brief(difference.actual)}, expected ${brief(difference.expected)}\n`;
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    return place + describeBytes(actual, expected);
  }
  return place + new NodeAssertionError({ actual, expected, operator: "deepStrictEqual" }).message;
}

interface Difference {
  path: string;
  actual: unknown;
  expected: unknown;
}

/** Follows array indices and property names down, until only the values themselves differ. */
function firstDifference(actual: unknown, expected: unknown): Difference {
  const followed: Difference[] = [{ path: "", actual, expected }];
  for (;;) {
    const last = followed[followed.length - 1];
    const inner = firstDifferentChild(last);
    if (inner === undefined || followed.some((outer) => isSamePair(outer, inner))) return last;
    followed.push(inner);
  }
}

/** Cycles of different lengths differ at no place: they only come round again. */
function isSamePair(one: Difference, other: Difference): boolean {
  return Object.is(one.actual, other.actual) && Object.is(one.expected, other.expected);
}

function firstDifferentChild({ path, actual, expected }: Difference): Difference | undefined {
  if (isSequence(actual) && isSequence(expected)) {
    const sharedLength = Math.min(actual.length, expected.length);
    for (let index = 0; index < sharedLength; index++) {
      if (isDeepStrictEqual(actual[index], expected[index])) continue;
      return { path: `${path}[${index}]`, actual: actual[index], expected: expected[index] };
    }
    return undefined;
  }
  if (!isPlain(actual) || !isPlain(expected)) return undefined;
  for (const name of Object.keys(expected)) {
    if (!Object.hasOwn(actual, name)) return undefined;
    if (isDeepStrictEqual(actual[name], expected[name])) continue;
    return { path: `${path}.${name}`, actual: actual[name], expected: expected[name] };
  }
  return undefined;
}

function isSequence(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !isSequence(value);
}

function describeBytes(actual: Uint8Array, expected: Uint8Array): string {
  const sharedLength = Math.min(actual.length, expected.length);
  let firstIndex = sharedLength;
  let differentCount = 0;
  for (let index = 0; index < sharedLength; index++) {
    if (actual[index] === expected[index]) continue;
    if (differentCount === 0) firstIndex = index;
    differentCount++;
  }
  const rowOffset = firstIndex - firstIndex % BYTES_PER_ROW;
  const lines = [`${differentCount} of ${sharedLength} bytes differ`];
  if (actual.length !== expected.length) {
    lines.push(`${actual.length} bytes, expected ${expected.length}`);
  }
  lines.push(`  actual ${describeRow(actual, rowOffset)}`);
  lines.push(`expected ${describeRow(expected, rowOffset)}`);
  return lines.join("\n");
}

function describeRow(bytes: Uint8Array, offset: number): string {
  const row = [...bytes.subarray(offset, offset + BYTES_PER_ROW)];
  const digits = row.map((byte) => byte.toString(16).padStart(2, "0"));
  return `0x${offset.toString(16).padStart(8, "0")}: ${digits.join(" ")}`.trimEnd();
}

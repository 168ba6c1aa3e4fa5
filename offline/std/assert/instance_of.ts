import { withMessage } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a value is an instance of a class, and narrows its type.
 *
 * @throws {AssertionError} if it is not
 */
export function assertInstanceOf<
  // deno-lint-ignore no-explicit-any
  T extends abstract new (...args: any[]) => any,
>(
  actual: unknown,
  expectedType: T,
  msg: string = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const failure = `Expected object to be an instance of "${expectedType.name}"`;
  const found = describeType(actual);
  const isNamesake = found === `"${expectedType.name}"`;
  throw new AssertionError(withMessage(isNamesake ? failure : `${failure} but was ${found}`, msg));
}

function describeType(value: unknown): string {
  if (value === null) return '"null"';
  if (typeof value === "function") return "not an instanced object";
  if (typeof value !== "object") return `"${typeof value}"`;
  return `"${value.constructor?.name ?? "Object"}"`;
}

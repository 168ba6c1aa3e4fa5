import { describeDifference } from "./_diff.ts";
import { equal } from "./_equal.ts";
import { format, withMessage } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that two values are equal in structure: of the same class, with equal contents.
 *
 * @throws {AssertionError} if they differ; the message shows where
 */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  const failure = withMessage("Values are not equal", msg);
  throw new AssertionError(`${failure}\n${describeDifference(actual, expected)}`);
}

/**
 * Asserts that two values are not equal in structure.
 *
 * @throws {AssertionError} if they are
 */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  const failure = `Expected actual: ${format(actual)} not to be: ${format(expected)}`;
  throw new AssertionError(withMessage(failure, msg));
}

/**
 * Asserts that two values are the same one by `Object.is`, and narrows the type of `actual`.
 *
 * @throws {AssertionError} if they are not; the message shows where they differ, if they do
 */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const text = format(actual);
  if (text !== format(expected)) {
    const failure = withMessage("Values are not strictly equal", msg);
    throw new AssertionError(`${failure}\n${describeDifference(actual, expected)}`);
  }
  const failure = withMessage("Values have the same structure but are not reference-equal", msg);
  throw new AssertionError(`${failure}\n\n${text.replaceAll(/^/gm, "    ")}\n`);
}

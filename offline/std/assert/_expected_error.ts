import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/** A class of errors, abstract ones too. */
// deno-lint-ignore no-explicit-any
export type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

/** What {@linkcode assertThrows} and `assertRejects` demand of an error. */
export interface ExpectedError {
  /** The class it must be of; without one, anything thrown will do. */
  errorClass: ErrorClass | undefined;
  /** What its message must contain. */
  msgIncludes: string | undefined;
  /** What to say when it is another. */
  msg: string | undefined;
}

/** Sorts the arguments after the function: a message alone, or a class, a part and a message. */
export function readExpectedError(
  errorClassOrMsg: ErrorClass | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): ExpectedError {
  if (typeof errorClassOrMsg === "function") {
    return { errorClass: errorClassOrMsg, msgIncludes, msg };
  }
  return { errorClass: undefined, msgIncludes: undefined, msg: errorClassOrMsg };
}

/**
 * Asserts that what was thrown is what was expected, and keeps it as the cause of the failure.
 *
 * @throws {AssertionError} if it is not
 */
export function checkExpectedError(thrown: unknown, expected: ExpectedError): void {
  const { errorClass, msgIncludes, msg } = expected;
  if (errorClass === undefined) return;
  const problem = problemWith(thrown, errorClass, msgIncludes);
  if (problem !== undefined) throw new AssertionError(withReason(problem, msg), { cause: thrown });
}

function problemWith(
  thrown: unknown,
  errorClass: ErrorClass,
  msgIncludes: string | undefined,
): string | undefined {
  if (!(thrown instanceof Error)) {
    return `Expected ${errorClass.name}, but what was thrown is no Error: ${brief(thrown)}`;
  }
  const { name, message } = thrown;
  if (!(thrown instanceof errorClass)) {
    return `Expected ${errorClass.name}, got ${name}: ${message}`;
  }
  if (msgIncludes === undefined || message.includes(msgIncludes)) return undefined;
  return `Expected an error message with ${brief(msgIncludes)}, got ${brief(message)}`;
}

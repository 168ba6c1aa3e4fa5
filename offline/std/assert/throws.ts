import { stripVTControlCharacters } from "node:util";
import { withMessage } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

/**
 * Asserts that a function throws, no matter what.
 *
 * @returns what it throws
 * @throws {AssertionError} if it returns
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Asserts that a function throws an error of a class, whose message contains `msgIncludes`.
 *
 * @returns the error
 * @throws {AssertionError} if it returns, or throws something else
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, ...expectation: Expectation): unknown {
  const expected = readExpectation(expectation);
  try {
    fn();
  } catch (thrown) {
    checkError(thrown, expected, "thrown");
    return thrown;
  }
  throw new AssertionError(withMessage("Expected function to throw", expected.msg));
}

/**
 * Asserts that a function returns a promise that rejects, no matter with what.
 *
 * @returns what it rejects with
 * @throws {AssertionError} if the promise resolves, or if the function throws or returns none
 */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/**
 * Asserts that a function returns a promise that rejects with an error of a class, whose message
 * contains `msgIncludes`.
 *
 * @returns the error
 * @throws {AssertionError} if the promise resolves or rejects with something else, or if the function
 * throws or returns none
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...expectation: Expectation
): Promise<unknown> {
  const expected = readExpectation(expectation);
  const promise = promiseOf(fn, expected.msg);
  try {
    await promise;
  } catch (thrown) {
    checkError(thrown, expected, "rejected");
    return thrown;
  }
  throw new AssertionError(withMessage("Expected function to reject", expected.msg));
}

/** The arguments after the function: a message, or a class, a part of its message and a message. */
type Expectation = [first?: ErrorClass | string, second?: string, third?: string];

interface ExpectedError {
  errorClass?: ErrorClass;
  msgIncludes: string | undefined;
  msg: string | undefined;
}

function readExpectation([first, second, third]: Expectation): ExpectedError {
  if (typeof first === "function") return { errorClass: first, msgIncludes: second, msg: third };
  return { msgIncludes: undefined, msg: first ?? second };
}

function checkError(
  thrown: unknown,
  { errorClass, msgIncludes = "", msg }: ExpectedError,
  verb: "thrown" | "rejected",
): void {
  if (errorClass === undefined) return;
  const fail = (failure: string): never => {
    throw new AssertionError(withMessage(failure, msg), { cause: thrown });
  };
  if (!(thrown instanceof Error)) return fail(`A non-Error object was ${verb}`);
  const { constructor, message } = thrown;
  if (!(thrown instanceof errorClass)) {
    fail(`Expected error to be instance of "${errorClass.name}", but was "${constructor.name}"`);
  }
  if (!stripVTControlCharacters(message).includes(stripVTControlCharacters(msgIncludes))) {
    const [wanted, found] = [msgIncludes, message].map((text) => JSON.stringify(text));
    fail(`Expected error message to include ${wanted}, but got ${found}`);
  }
}

function promiseOf(fn: () => unknown, msg: string | undefined): PromiseLike<unknown> {
  const failure = withMessage("Function throws when expected to reject", msg);
  let returned: unknown;
  try {
    returned = fn();
  } catch (cause) {
    throw new AssertionError(failure, { cause });
  }
  const isPromise = typeof returned === "object" && returned !== null && "then" in returned;
  if (!isPromise) throw new AssertionError(failure);
  return returned as PromiseLike<unknown>;
}

import { inspect } from "node:util";

/** The failure, with the caller's own words after a colon if there are any. */
export function withReason(failure: string, msg: string | undefined): string {
  return msg ? `${failure}: ${msg}` : failure;
}

/** A value on one line, shortened: for a place inside a sentence. */
export function brief(value: unknown): string {
  return inspect(value, {
    breakLength: Infinity,
    depth: 2,
    maxArrayLength: 8,
    maxStringLength: 200,
  });
}

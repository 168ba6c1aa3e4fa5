import type { Operation } from "../../lib/storage/mod.ts";
import type { FormatDefinition } from "./define_format.ts";

const OPERATIONS = [
  "open",
  "read",
  "write",
  "flush",
  "close",
  "check",
  "grow",
  "discard",
  "writeZeroes",
] as const;

type Method = (...args: never[]) => Operation<unknown>;

/**
 * The definition with operations that throw a `TypeError` with the name of the method where the
 * answer is no generator: the method lacks its star, or is `async`.
 */
export function withCheckedOperations<Session>(
  definition: FormatDefinition<Session>,
): FormatDefinition<Session> {
  const checked: FormatDefinition<Session> = Object.create(definition);
  for (const name of OPERATIONS) {
    const method = definition[name] as Method | undefined;
    if (!method) continue;
    const value = (...args: never[]) => {
      const operation = method.apply(definition, args);
      if (typeof operation?.next !== "function" || Symbol.asyncIterator in operation) {
        throw new TypeError(
          `'${name}' did not return an operation: it must be a generator, *${name}()`,
        );
      }
      return operation;
    };
    Object.defineProperty(checked, name, { value });
  }
  return checked;
}

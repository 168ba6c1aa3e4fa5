import type { Operation, Request, Wait } from "./request.ts";

/**
 * Run an operation to its end with `perform`, which answers each request or wait. An error that
 * `perform` throws is thrown into the operation, which may handle it.
 */
export async function driveAsync<T>(
  operation: Operation<T>,
  perform: (request: Request | Wait) => Promise<number>,
): Promise<T> {
  let step = operation.next();
  while (!step.done) {
    let answer: number;
    try {
      answer = await perform(step.value);
    } catch (error) {
      step = operation.throw(error);
      continue;
    }
    step = operation.next(answer);
  }
  return step.value;
}

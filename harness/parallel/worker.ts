/// <reference lib="deno.worker" />
/**
 * A worker: sets up the problem of a recipe once, and then runs the parts that it is given.
 *
 * @module
 */
import type { FromWorker, ToWorker } from "./messages.ts";
import { PartRunner } from "./part_runner.ts";
import type { ProblemModule, Recipe } from "./problem.ts";

function post(message: FromWorker): void {
  self.postMessage(message);
}

/** How often a sign of life is given. */
const SIGN_MS = 1000;

/** Says now and then that the worker is at work. */
function signsOfLife(): (recoveries: number) => void {
  let given = performance.now();
  return (recoveries) => {
    const now = performance.now();
    if (now - given < SIGN_MS) return;
    given = now;
    post({ kind: "alive", recoveries });
  };
}

async function setUp({ module, input }: Recipe): Promise<PartRunner> {
  const { problemOf } = await import(module) as ProblemModule;
  return new PartRunner(await problemOf(input), signsOfLife());
}

let runner: Promise<PartRunner> | undefined;

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.kind === "set-up") runner = setUp(data.recipe);
    else post({ kind: "done", result: (await runner!).run(data.item, data.prefix) });
  } catch (error) {
    const message = error instanceof Error ? `${error.stack ?? error.message}` : String(error);
    post({ kind: "failed", message });
  }
};

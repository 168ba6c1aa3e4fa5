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

async function setUp({ module, input }: Recipe): Promise<PartRunner> {
  const { problemOf } = await import(module) as ProblemModule;
  return new PartRunner(problemOf(input), (recoveries) => post({ kind: "alive", recoveries }));
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

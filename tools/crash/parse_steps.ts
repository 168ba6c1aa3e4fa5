import type { Step } from "../../harness/advanced.ts";
import { parseJson } from "../kit/schema.ts";
import { steps } from "./schemas.ts";

/** Read the steps of `--steps`. Throws `UsageError` that names the step that is wrong. */
export function parseSteps(json: string): Step[] {
  return parseJson(steps, json, { source: "--steps" });
}

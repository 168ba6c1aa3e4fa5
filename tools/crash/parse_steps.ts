import type { Step } from "../../harness/mod.ts";
import { UsageError } from "../kit/usage_error.ts";

const RANGE_KINDS: readonly unknown[] = ["write", "zero", "discard"];
const BARE_KINDS: readonly unknown[] = ["flush", "reopen", "snapshot", "close"];
/** A disk of a workload is held in memory. */
const MOST_BYTES = 2 ** 30;

/** Read steps given as JSON. Throws {@linkcode UsageError} that names the step that is wrong. */
export function parseSteps(text: string): Step[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`steps: ${(error as Error).message}`);
  }
  if (!Array.isArray(parsed) || parsed.length === 0) {
    throw new UsageError("steps: must be a list of at least one step");
  }
  parsed.forEach((step, i) => {
    const rule = ruleBrokenBy(step);
    if (rule) throw new UsageError(`steps: number ${i + 1} is ${JSON.stringify(step)}: ${rule}`);
    if (step.kind === "close" && i + 1 < parsed.length) {
      throw new UsageError(`steps: number ${i + 1} is a close, and not the last`);
    }
  });
  return parsed;
}

function ruleBrokenBy(step: unknown): string | undefined {
  const { kind, offsetBytes, lengthBytes, sizeBytes } = (step ?? {}) as Record<string, unknown>;
  if (BARE_KINDS.includes(kind)) return undefined;
  if (kind === "grow") return isBytes(sizeBytes) ? undefined : "sizeBytes must be a size in bytes";
  if (!RANGE_KINDS.includes(kind)) {
    return `kind must be one of ${[...RANGE_KINDS, ...BARE_KINDS, "grow"].join(", ")}`;
  }
  if (isBytes(offsetBytes) && isBytes(lengthBytes) && lengthBytes > 0) return undefined;
  return "offsetBytes and lengthBytes must be bytes on the disk";
}

function isBytes(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MOST_BYTES;
}

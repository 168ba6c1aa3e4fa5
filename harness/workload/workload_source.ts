import type { Step } from "../target/subject.ts";
import type { WorkloadOperation } from "./operation_set.ts";

/** A workload and its description. */
export interface GeneratedWorkload {
  /** The steps, a few words each. */
  readonly words: readonly string[];
  /** The steps. */
  readonly steps: readonly Step[];
}

/** Where workloads come from. */
export type WorkloadOrigin =
  | {
    /** All sequences of up to `length` of `operations` operations. */
    readonly kind: "exhaustive";
    readonly length: number;
    readonly operations: number;
  }
  | {
    /**
     * `count` random workloads of at most `maxSteps` steps, with or without leaving out features.
     */
    readonly kind: "random";
    readonly seed: number;
    readonly maxSteps: number;
    readonly swarm: boolean;
  }
  | {
    /** Given step by step. */
    readonly kind: "given";
  };

/** Workloads to run, one after the other, and where they come from. */
export interface WorkloadSource {
  /** Where they come from. */
  readonly origin: WorkloadOrigin;
  /** The workloads, always the same. */
  readonly workloads: Iterable<GeneratedWorkload>;
  /** How many there are; this may have to make them all. */
  count(): number;
}

/** A workload of these operations. */
export function workloadOf(operations: readonly WorkloadOperation[]): GeneratedWorkload {
  return { words: operations.map(({ name }) => name), steps: operations.map(({ step }) => step) };
}

/**
 * One given workload.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { givenWorkload } from "@powercut/powercut/harness/advanced";
 *
 * const { workloads } = givenWorkload([{ kind: "write", offsetBytes: 0, lengthBytes: 512 }]);
 * assertEquals([...workloads][0].words, ["write 512 bytes at 0"]);
 * ```
 */
export function givenWorkload(steps: readonly Step[]): WorkloadSource {
  return {
    origin: { kind: "given" },
    workloads: [{ words: steps.map(stepText), steps }],
    count: () => 1,
  };
}

/**
 * A step in a few words.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { stepText } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(stepText({ kind: "grow", sizeBytes: 4096 }), "grow to 4096 bytes");
 * ```
 */
export function stepText(step: Step): string {
  if ("offsetBytes" in step) {
    return `${step.kind} ${step.lengthBytes} bytes at ${step.offsetBytes}`;
  }
  return step.kind === "grow" ? `grow to ${step.sizeBytes} bytes` : step.kind;
}

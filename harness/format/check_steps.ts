import { isMultiple } from "./is_multiple.ts";
import type { Step } from "../target/subject.ts";
import type { DiskShape } from "../workload/disk_shape.ts";

/** The method that a format needs for a kind of step. */
const METHODS: Partial<Record<Step["kind"], string>> = {
  grow: "grow",
  discard: "discard",
  zero: "writeZeroes",
};

/**
 * Why a format of this shape cannot carry out a step, on a disk that has `guestBytes` now; undefined
 * if it can.
 */
export function reasonAgainstStep(
  step: Step,
  shape: Pick<DiskShape, "kinds" | "alignmentBytes" | "sizeStepBytes">,
  guestBytes: number,
): string | undefined {
  const { kind } = step ?? {};
  if (kind === "snapshot" || !["close", "flush", "reopen", ...KINDS].includes(kind)) {
    return `a step '${kind}': must be one of write, flush, reopen, close, grow, discard, zero`;
  }
  if (METHODS[kind] && !shape.kinds.has(kind)) {
    return `a step '${kind}', which needs the method '${METHODS[kind]}' of the format`;
  }
  const missing = FIELDS[kind].find((field) => !(field in step));
  if (missing) return `a step '${kind}' without '${missing}'`;
  const unknown = Object.keys(step).find((field) =>
    field !== "kind" && !FIELDS[kind].includes(field)
  );
  if (unknown) return `a step '${kind}' with '${unknown}': must be one of ${fieldsText(kind)}`;
  if (step.kind === "grow") {
    const isSize = isMultiple(step.sizeBytes, shape.sizeStepBytes) && step.sizeBytes > guestBytes;
    return isSize
      ? undefined
      : `a growth to ${step.sizeBytes} bytes: must be a multiple of ${shape.sizeStepBytes} above ` +
        `${guestBytes}`;
  }
  if (!("offsetBytes" in step)) return undefined;
  const { offsetBytes, lengthBytes } = step;
  const { alignmentBytes } = shape;
  const isPlace = isMultiple(offsetBytes, alignmentBytes) &&
    isMultiple(lengthBytes, alignmentBytes);
  if (!isPlace || lengthBytes === 0) {
    return `${lengthBytes} bytes at ${offsetBytes}: must be multiples of ${alignmentBytes}`;
  }
  return offsetBytes + lengthBytes <= guestBytes
    ? undefined
    : `${lengthBytes} bytes at ${offsetBytes}: the disk ends at ${guestBytes}`;
}

const KINDS: readonly string[] = ["write", "zero", "discard", "grow"];

/** The fields of each kind of step, besides `kind`. */
const RANGE = ["offsetBytes", "lengthBytes"];
const FIELDS: Readonly<Record<Step["kind"], readonly string[]>> = {
  write: RANGE,
  zero: RANGE,
  discard: RANGE,
  grow: ["sizeBytes"],
  flush: [],
  reopen: [],
  snapshot: [],
  close: [],
};

function fieldsText(kind: Step["kind"]): string {
  return ["kind", ...FIELDS[kind]].join(", ");
}

/** The first step that a format cannot carry out, and why; undefined if it can carry out all. */
export function firstBadStep(
  steps: readonly Step[],
  shape: DiskShape,
): { readonly at: number; readonly reason: string } | undefined {
  let guestBytes = shape.sizeBytes;
  for (const [at, step] of steps.entries()) {
    const reason = reasonAgainstStep(step, shape, guestBytes);
    if (reason) return { at, reason };
    if (step.kind === "grow") guestBytes = step.sizeBytes;
  }
  return undefined;
}

/** The schemas of the parts that the files of `crash` share. */
import * as v from "valibot";
import type { Step } from "../../harness/advanced.ts";
import { CORRECT } from "../../examples/key_value_store.ts";
import type { ImageSpec } from "../../scenarios/qed/image_spec.ts";
import { count, listOf, numberFrom, objectRule, oneOf, type Schema, text } from "../kit/schema.ts";

/** A disk of a workload is held in memory. */
const MAX_DISK_BYTES = 2 ** 30;
/** A torn tail is shorter than a cluster; this is more than any cluster of a scenario. */
const MAX_TAIL_BYTES = 2 ** 20 - 1;

const RANGE_KINDS = ["write", "zero", "discard"] as const;
const BARE_KINDS = ["flush", "reopen", "snapshot", "close"] as const;
const STEP_KINDS = [...RANGE_KINDS, ...BARE_KINDS, "grow"];

/** A file's object: unknown fields stay, for a later version may have written them. */
export function fields<const T extends v.ObjectEntries>(entries: T) {
  return v.looseObject(entries, objectRule(Object.keys(entries)));
}

/** One of some objects: the first whose field of that name there is. */
export function byField<const T extends Readonly<Record<string, v.GenericSchema>>>(
  schemas: T,
  rule: string,
): Schema<v.InferOutput<T[keyof T]>> {
  return v.lazy((input) => {
    const isObject = typeof input === "object" && input !== null;
    const found = Object.keys(schemas).find((name) => isObject && Object.hasOwn(input, name));
    return found === undefined ? v.never(rule) : schemas[found];
  });
}

const offset = numberFrom(0, MAX_DISK_BYTES);

const step: Schema<Step> = v.variant(
  "kind",
  [
    fields({
      kind: v.picklist(RANGE_KINDS),
      offsetBytes: offset,
      lengthBytes: numberFrom(1, MAX_DISK_BYTES),
    }),
    fields({ kind: v.literal("grow"), sizeBytes: offset }),
    fields({ kind: v.picklist(BARE_KINDS) }),
  ],
  ({ path }) =>
    path?.at(-1)?.key === "kind" ? `must be one of ${STEP_KINDS.join(", ")}` : "must be an object",
);

/** The steps of a workload: at least one; a close is the last. */
export const steps: Schema<Step[]> = v.pipe(
  listOf(step),
  v.minLength(1, "must have at least one step"),
  v.check(
    (all) => all.every(({ kind }, i) => kind !== "close" || i === all.length - 1),
    "must have nothing after a close",
  ),
);

const qedSpec = fields({
  format: v.literal("qed"),
  profile: text,
  layout: v.exactOptional(oneOf("final", "rfc")),
  backing: v.exactOptional(oneOf("short", "long")),
  tornTailBytes: v.exactOptional(numberFrom(0, MAX_TAIL_BYTES)),
  mutant: v.exactOptional(text),
});

const storeSpec = fields({
  format: v.literal("kv"),
  without: v.exactOptional(oneOf(...Object.keys(CORRECT) as (keyof typeof CORRECT)[])),
});

/** The image that a workload runs on. */
export const imageSpec: Schema<ImageSpec> = v.variant(
  "format",
  [qedSpec, storeSpec],
  ({ path }) => path?.at(-1)?.key === "format" ? "must be qed or kv" : "must be an object",
);

/** A case of a scenario. */
export const caseSource = { scenario: text, case: count };

/** A recorded log, and the image before it. */
export const logSource = { log: text, base: text };

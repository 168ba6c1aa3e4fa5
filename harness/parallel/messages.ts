import type { ItemKey } from "../result/findings.ts";
import type { PartResult } from "../search/lazy_search.ts";
import type { Recipe } from "./problem.ts";

/** A message to a worker. */
export type ToWorker =
  | { readonly kind: "set-up"; readonly recipe: Recipe }
  | { readonly kind: "part"; readonly item: ItemKey; readonly prefix: readonly number[] };

/** A message from a worker. */
export type FromWorker =
  /** It is at work, and not hanging. */
  | { readonly kind: "alive"; readonly recoveries: number }
  | { readonly kind: "done"; readonly result: PartResult }
  /** The part threw: not the worker's fault, and it would throw anywhere. */
  | { readonly kind: "failed"; readonly message: string };

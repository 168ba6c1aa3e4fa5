import type { ItemKey } from "../result/findings.ts";
import type { PartResult } from "../search/lazy_search.ts";
import type { Recipe } from "./problem.ts";

/** What a worker is told. */
export type ToWorker =
  | { readonly kind: "set-up"; readonly recipe: Recipe }
  | { readonly kind: "part"; readonly item: ItemKey; readonly prefix: readonly number[] };

/** What a worker answers. */
export type FromWorker =
  /** It is at work, and not hanging. */
  | { readonly kind: "alive"; readonly recoveries: number }
  | { readonly kind: "done"; readonly result: PartResult }
  /** What it runs has thrown: not the worker's fault, and it would be so anywhere. */
  | { readonly kind: "failed"; readonly message: string };

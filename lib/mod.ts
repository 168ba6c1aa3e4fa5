/**
 * The reference implementation of QED, and the storage layer it runs on. Knows nothing of faults.
 *
 * @module
 */
export * from "./qed/mod.ts";
export * from "./storage/mod.ts";

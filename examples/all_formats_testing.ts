/** Formats as a module exports them, for workers to load. */
import { CORRECT, keyValueStore } from "./key_value_store.ts";

export const STORE = keyValueStore();
export const EAGER_STORE = keyValueStore({ ...CORRECT, flushesTable: false });
export const NO_FORMAT = { name: "kv" };

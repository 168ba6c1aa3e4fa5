/** The flushes that several mutants omit or delay. */
import { flushes } from "./request_filters.ts";

/** The flush "NEED_CHECK before allocation". */
export const NEED_CHECK_FLUSH = flushes("NEED_CHECK before allocation");
/** The flush "data before L2 entry". */
export const DATA_FLUSH = flushes("data before L2 entry");
/** The flush "new L2 table before L1 entry". */
export const NEW_TABLE_FLUSH = flushes("new L2 table before L1 entry");
/** The flush "before clearing NEED_CHECK". */
export const CLEARING_FLUSH = flushes("before clearing NEED_CHECK");
/** The flush "repaired tables". */
export const REPAIRED_FLUSH = flushes("repaired tables");
/** The flush "cleaned clusters before they are reused". */
export const CLEANED_FLUSH = flushes("cleaned clusters before they are reused");
/** The flush "freed clusters before they are reused". */
export const FREED_FLUSH = flushes("freed clusters before they are reused");

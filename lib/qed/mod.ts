/** The QED format: create, open, read, write, flush, close, map, check and repair. */
export * from "./backing.ts";
export * from "./buffers.ts";
export {
  checkImage,
  type CheckResult,
  MOST_PROBLEMS,
  type Problem,
  type ProgressListener,
} from "./check.ts";
export * from "./close.ts";
export * from "./create.ts";
export * from "./format_error.ts";
export * from "./geometry.ts";
export * from "./header.ts";
export * from "./image.ts";
export * from "./l2_cache.ts";
export * from "./layout.ts";
export * from "./map.ts";
export * from "./open.ts";
export * from "./profile.ts";
export * from "./read.ts";
export * from "./repair.ts";
export { Table } from "./table.ts";
export * from "./write.ts";

/** The QED format: create, open, read, write, flush, close, map, check and repair. */
export * from "./image/backing.ts";
export { type BackingReference, MAX_WRITTEN_NAME_BYTES } from "./format/backing_name.ts";
export * from "./image/buffers.ts";
export {
  checkImage,
  type CheckResult,
  MOST_PROBLEMS,
  type Problem,
  type ProgressListener,
  type ReadAhead,
} from "./check/check.ts";
export * from "./reshape/change_backing.ts";
export * from "./image/close.ts";
export * from "./image/create.ts";
export * from "./reshape/defragment.ts";
export * from "./io/discard.ts";
export * from "./reshape/empty_image.ts";
export * from "./format/format_error.ts";
export * from "./format/geometry.ts";
export * from "./format/header.ts";
export * from "./image/image.ts";
export * from "./image/l2_cache.ts";
export * from "./format/layout.ts";
export * from "./io/extents.ts";
export * from "./io/mark_zeroes.ts";
export * from "./image/open.ts";
export * from "./io/populate.ts";
export * from "./format/profile.ts";
export { addBytes, readImage } from "./io/read.ts";
export * from "./check/repair.ts";
export * from "./reshape/resize.ts";
export { Table } from "./format/table.ts";
export * from "./reshape/upgrade_layout.ts";
export { writeImage } from "./io/write.ts";
export { writeZeroes } from "./io/write_zeroes.ts";

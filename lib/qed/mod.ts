/** The QED format: create, open, read, write, flush, close, map, check and repair. */
export * from "./backing.ts";
export { type BackingReference, MAX_WRITTEN_NAME_BYTES } from "./backing_name.ts";
export * from "./buffers.ts";
export {
  checkImage,
  type CheckResult,
  MOST_PROBLEMS,
  type Problem,
  type ProgressListener,
  type ReadAhead,
} from "./check.ts";
export * from "./change_backing.ts";
export * from "./close.ts";
export * from "./create.ts";
export * from "./defragment.ts";
export * from "./discard.ts";
export * from "./empty_image.ts";
export * from "./format_error.ts";
export * from "./geometry.ts";
export * from "./header.ts";
export * from "./image.ts";
export * from "./l2_cache.ts";
export * from "./layout.ts";
export * from "./map.ts";
export * from "./mark_zeroes.ts";
export * from "./open.ts";
export * from "./populate.ts";
export * from "./profile.ts";
export { addBytes, readImage } from "./read.ts";
export * from "./repair.ts";
export * from "./resize.ts";
export { Table } from "./table.ts";
export * from "./upgrade_layout.ts";
export { writeImage } from "./write.ts";
export { writeZeroes } from "./write_zeroes.ts";

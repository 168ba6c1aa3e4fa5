/**
 * QED and raw images in the file system: backing chains, their extents, locks, copies, new files.
 */
export * from "./backing_name.ts";
export * from "./backing_path.ts";
export * from "./chain_extents.ts";
export * from "./chain_holes.ts";
export { MAX_LAYERS, type OpenChainOptions } from "./chain_opener.ts";
export * from "./chain_operations.ts";
export * from "./commit.ts";
export * from "./compare_disks.ts";
export * from "./copy_disk.ts";
export * from "./fresh_file.ts";
export type { GuestDisk } from "./guest_disk.ts";
export * from "./holes.ts";
export * from "../storage/host_error.ts";
export * from "./image_chain.ts";
export * from "./image_lock.ts";
export * from "./layer.ts";
export * from "./pause.ts";
export { IMAGE_FORMATS, type ImageFormat, probeFormat } from "./probe.ts";
export * from "./rebase.ts";
export * from "./regular_file.ts";
export * from "./run_in_turns.ts";
export * from "./snapshot.ts";
export * from "./source_walker.ts";
export * from "./stream.ts";
export * from "../storage/system_message.ts";
export * from "../storage/data_ranges.ts";

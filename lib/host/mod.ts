/** QED and raw images on the real file system: backing chains, their extents, new files. */
export * from "./backing_path.ts";
export * from "./chain_extents.ts";
export * from "./compare_disks.ts";
export * from "./copy_disk.ts";
export * from "./fresh_file.ts";
export * from "./holes.ts";
export * from "./host_error.ts";
export * from "./image_chain.ts";
export * from "./image_lock.ts";
export * from "./probe.ts";
export * from "./regular_file.ts";
export * from "./system_message.ts";
export * from "./zero_runs.ts";

/** The asynchronous API: an image and its backing files, with many requests at a time. */
export type { StartTimer } from "../storage/idle_timer.ts";
export * from "./image.ts";
export * from "./options.ts";
export * from "./probe.ts";
export { ImageDisk } from "./nbd_disk.ts";
export type { ByteOffset, DiskExtent, ServedDisk } from "../nbd/served_disk.ts";

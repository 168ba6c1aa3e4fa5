export * from "../../../lib/storage/sparse_disk.ts";

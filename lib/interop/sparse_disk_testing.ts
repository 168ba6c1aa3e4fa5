export * from "../conformance/sparse_disk.ts";
